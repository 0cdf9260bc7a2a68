//! The page as a browser has it when its scripts have run, and what can be read there.

use std::{path::Path, process::Stdio};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use super::{LONGEST_DRAWING, address, headless};

pub struct Seen {
    document: String,
}

/// One of the tiles at the top.
#[derive(Debug, PartialEq, Eq)]
pub struct Tile {
    pub figure: String,
    pub meaning: String,
    /// How it is coloured: `ok`, `not-ok`, or not at all.
    pub kind: String,
}

impl Seen {
    pub fn in_browser(browser: &str, pack: &Path) -> Result<Self> {
        let profile = TempDir::new()?;
        let output = headless(browser, profile.path())
            .args([LONGEST_DRAWING, "--dump-dom"])
            .arg(address(pack)?)
            .stderr(Stdio::null())
            .output()?;
        ensure!(output.status.success(), "{browser}: {}", output.status);
        Ok(Self {
            document: String::from_utf8(output.stdout)?,
        })
    }

    /// How often this occurs in the page's source.
    pub fn count(&self, source: &str) -> usize {
        self.document.matches(source).count()
    }

    /// What the attribute of this name holds where it occurs first.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        between(&self.document, &format!("{name}=\""), "\"")
    }

    /// The text of the first element that begins like this.
    pub fn text_of(&self, opening: &str, closing: &str) -> Option<String> {
        let (_, rest) = self.document.split_once(opening)?;
        between(rest, ">", closing).map(text)
    }

    /// A single figure, such as the number of crates.
    pub fn figure(&self, name: &str) -> Option<String> {
        self.marked("data-figure", name)
    }

    /// What an element says that is marked with an attribute and a name.
    pub fn marked(&self, attribute: &str, name: &str) -> Option<String> {
        let mark = format!("{attribute}=\"{name}\"");
        let (before, rest) = self.document.split_once(&mark)?;
        let element = before.rsplit_once('<')?.1.split_whitespace().next()?;
        between(rest, ">", &format!("</{element}>")).map(text)
    }

    /// All names that an attribute marks elements with, in the order of the page.
    pub fn names(&self, attribute: &str) -> Vec<&str> {
        let start = format!("{attribute}=\"");
        let parts = self.document.split(&start).skip(1);
        parts.filter_map(|part| part.split('"').next()).collect()
    }

    pub fn tile(&self, name: &str) -> Option<Tile> {
        let (_, rest) = self.document.split_once(&format!("data-tile=\"{name}\""))?;
        let (tile, _) = rest.split_once("</div>")?;
        let class = between(tile, "<b", ">")?;
        Some(Tile {
            kind: between(class, "class=\"", "\"")
                .unwrap_or_default()
                .to_owned(),
            figure: text(between(tile, "<b", "</b>")?.split_once('>')?.1),
            meaning: text(between(tile, "<span>", "</span>")?),
        })
    }

    /// The number at the end of a bar, and what is said of it.
    pub fn bar(&self, name: &str) -> Option<String> {
        let (_, rest) = self.document.split_once(&format!("data-bar=\"{name}\""))?;
        between(rest, "class=\"count\">", "</span>").map(text)
    }

    /// The rows of all tables of this name, with the text of each cell.
    pub fn rows(&self, name: &str) -> Vec<Vec<String>> {
        let start = format!("data-table=\"{name}\"");
        let tables = self.document.split(&start).skip(1);
        let bodies = tables.filter_map(|rest| {
            let (table, _) = rest.split_once("</table>")?;
            table.split_once("<tbody>").map(|(_, body)| body)
        });
        let rows = bodies.flat_map(|body| elements(body, "tr"));
        rows.map(|row| elements(row, "td").into_iter().map(text).collect())
            .collect()
    }
}

/// What is in each of the elements of this name, of which none is in another.
fn elements<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let parts = source.split(&start).skip(1);
    parts.filter_map(|part| part.split(&end).next()).collect()
}

fn between<'a>(source: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = source.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// What a piece of HTML says, in words that are one space apart.
fn text(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split('<').enumerate() {
        let said = match (index, part.split_once('>')) {
            (0, _) => part,
            (_, Some((tag, rest))) => {
                if tag == "br" {
                    text.push(' ');
                }
                rest
            }
            (_, None) => "",
        };
        text.push_str(said);
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    in_words(&text)
}

/// However a text is broken into lines.
pub fn in_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(document: &str) -> Seen {
        Seen {
            document: document.to_owned(),
        }
    }

    #[test]
    fn a_tile_is_read_with_its_colour() {
        let page = seen(
            "<div class=\"tile\" data-tile=\"chaos\"><b class=\"ok\">0 lost</b><span>of 2,600 &amp; more</span></div>\
             <div class=\"tile\" data-tile=\"endpoints\"><b class=\"\">3 of 4</b><span>are called</span></div>",
        );
        let tile = |figure: &str, meaning: &str, kind: &str| Tile {
            figure: figure.to_owned(),
            meaning: meaning.to_owned(),
            kind: kind.to_owned(),
        };
        let chaos = tile("0 lost", "of 2,600 & more", "ok");
        assert_eq!(page.tile("chaos"), Some(chaos));
        let endpoints = tile("3 of 4", "are called", "");
        assert_eq!(page.tile("endpoints"), Some(endpoints));
        assert_eq!(page.tile("advisories"), None);
    }

    #[test]
    fn the_rows_of_tables_of_one_name_are_read_one_after_the_other() {
        let table = |name: &str, rows: &str| {
            format!(
                "<table data-table=\"{name}\"><thead><tr><th>A</th></tr></thead>\
                 <tbody>{rows}</tbody></table>"
            )
        };
        let page = seen(&format!(
            "{}{}{}",
            table(
                "one",
                "<tr><td>1<br><b>GET</b> <code>/&lt;</code></td><td></td></tr>"
            ),
            table("other", "<tr><td>2</td></tr>"),
            table("one", "<tr><td>\n3\n</td><td>4</td></tr>")
        ));
        assert_eq!(page.rows("one"), [["1 GET /<", ""], ["3", "4"]]);
        assert_eq!(page.rows("none"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn what_is_marked_is_read_to_the_end_of_its_element() {
        let page = seen(
            "<p>Links <b data-figure=\"crates\">1,042</b> crates, \
             <span class=\"soft\" data-figure=\"seed\"><i>7</i></span>.</p>",
        );
        assert_eq!(page.figure("crates").as_deref(), Some("1,042"));
        assert_eq!(page.figure("seed").as_deref(), Some("7"));
        assert_eq!(page.figure("date"), None);
        assert_eq!(page.names("data-figure"), ["crates", "seed"]);
    }
}
