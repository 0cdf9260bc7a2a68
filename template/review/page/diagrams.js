// Draws the diagrams when the pack is opened, and says so when one cannot be drawn.
(async () => {
  mermaid.initialize({
    startOnLoad: false,
    theme: 'neutral',
    fontFamily: 'inherit',
    securityLevel: 'strict',
    sequence: { useMaxWidth: true, wrap: false, mirrorActors: false },
  });
  const diagrams = document.querySelectorAll('pre.mermaid');
  for (const diagram of diagrams) {
    try {
      await mermaid.run({ nodes: [diagram] });
    } catch (error) {
      diagram.closest('figure').classList.add('not-drawn');
      console.error(error);
    }
  }
  document.documentElement.dataset.drawn = document.querySelectorAll('.diagram svg').length;
})();
// What is folded is printed as well.
addEventListener('beforeprint', () => {
  for (const folded of document.querySelectorAll('details')) folded.open = true;
});
