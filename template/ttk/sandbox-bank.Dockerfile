# The sandbox bank, for compose.yaml: never in the connector's own image.

FROM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --bin sandbox

FROM docker.io/library/debian:bookworm-slim
COPY --from=build /src/target/debug/sandbox /usr/local/bin/sandbox
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sandbox"]
