# An image of one static binary on nothing: docker build -t plimsoll .
#
#   docker run --rm --network host -v "$PWD:/work" -u "$(id -u):$(id -g)" plimsoll run plan.yaml
#
# It needs no other file of the image and writes to /work/results alone, so a read-only root is well:
#   docker run --rm --read-only -v "$PWD:/work" -u "$(id -u):$(id -g)" plimsoll run plan.yaml
FROM rust:1.95-bookworm AS build
# musl-gcc compiles the C parts
RUN apt-get update \
    && apt-get install -y --no-install-recommends musl-tools=1.2.* \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# the commit comes from outside: the image's context has no repository
ARG COMMIT=
# whichever machine the image is for; whoever runs the image may be anybody, so results may be written by anybody
RUN target="$(uname -m)-unknown-linux-musl" \
    && rustup target add "$target" \
    && PLIMSOLL_COMMIT="$COMMIT" packaging/build "$target" \
    && install -D "target/$target/dist/plimsoll" /image/usr/bin/plimsoll \
    && install -d -m 1777 /image/work /image/work/results

FROM scratch
COPY --from=build /image/ /
WORKDIR /work
USER 65532:65532
# exec form: signals reach Plimsoll, which then writes what it has measured
ENTRYPOINT ["/usr/bin/plimsoll"]
CMD ["--help"]
