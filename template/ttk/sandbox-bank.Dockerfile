# The sandbox bank, for compose.yaml: never in the connector's own image.

FROM docker.io/library/rust:1.95-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082 AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --bin sandbox

FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
COPY --from=build /src/target/debug/sandbox /usr/local/bin/sandbox
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sandbox"]
