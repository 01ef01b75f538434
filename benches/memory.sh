#!/usr/bin/env bash
# The most memory a run takes, for ten plans that are large and ordinary: one column for each binary it is given.
#
# Each run is a process of its own against the embedded server in another. Needs GNU time (Debian: time) and Python.
# Usage: benches/memory.sh [PLIMSOLL…]
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- target/release/plimsoll
port=18090
dir=$(mktemp -d)
"${@: -1}" target --port $port --delay exponential:5ms > "$dir/target.log" 2>&1 &
target=$!
trap 'kill $target; rm -rf "$dir"' EXIT

python3 - "$dir" "http://127.0.0.1:$port/demo" <<'PLANS'
import json, pathlib, sys

folder, target = pathlib.Path(sys.argv[1]), sys.argv[2]
(folder / "rows.csv").write_text("id,word\n" + "".join(f"{n},{'w' * 90}{n}\n" for n in range(1_000_000)))
(folder / "file.bin").write_bytes(b"\x01" * (1 << 20))


def gets(count):
    return {f"e{n}": {"get": f"/products?x={n}"} for n in range(count)}


def users(types, endpoints, pause):
    names = list(endpoints)
    share = max(1, len(names) // types)
    parts = [names[n * share:(n + 1) * share] or names[:1] for n in range(types)]
    return {f"u{n}": {**pause, "tasks": {f"t{name}": {"call": name} for name in part}} for n, part in enumerate(parts)}


def plan(name, endpoints, shape, types=1, pause={"pacing": "1s"}, **more):
    text = {"target": target, "endpoints": endpoints, "users": users(types, endpoints, pause), "shape": shape, **more}
    (folder / f"{name}.yaml").write_text(json.dumps(text))


def constant(users, time="15s"):
    return {"constant": {"users": users, "for": time}}


def stages(count, users):
    return {"stages": [{"users": users, "for": "100ms", "name": f"s{n}"} for n in range(count)]}


capture = {"get": "/products", "capture": {"all": "$"}}
upload = {"post": "/upload", "multipart": {"f": {"file": "file.bin"}}, "expect": {"status": 201}}
plan("01_30_endpoints_1_stage", gets(30), constant(200))
plan("02_30_endpoints_200_stages", gets(30), stages(200, 200))
plan("03_200_endpoints_5_types_20_stages", gets(200), stages(20, 500), types=5)
plan("04_1000_endpoints", gets(1000), constant(500))
plan("05_5000_users", gets(10), constant(5000))
plan("06_arrivals_5000_a_second", gets(10), {"arrivals": {"rate": "5000/s", "for": "10s"}}, pause={})
plan("07_answers_captured_whole", {"c": capture}, constant(500))
feed = {"pacing": "1s", "feed": {"row": {"from": "rows"}}}
plan("08_a_million_rows", {"r": {"get": "/products?x={{ row.id }}"}}, constant(200), pause=feed, data={"rows": {"csv": "rows.csv"}})
plan("09_uploads_of_1_mib", {"u": upload}, constant(20, "10s"))
plan("10_names_by_category", {"n": {"get": "/products?x={{ random_int(1, 2000) }}", "name": "c {{ user.id }}"}}, constant(2000))
PLANS

printf '%-40s' "most memory, MiB"
printf ' %14s' "$@"
printf '\n'
for plan in "$dir"/*.yaml; do
    printf '%-40s' "$(basename "$plan" .yaml)"
    for plimsoll in "$@"; do
        code=0
        /usr/bin/time -o "$dir/most" -f '%M' "$plimsoll" run "$plan" --quiet --out "$dir/out" > "$dir/said" 2>&1 || code=$?
        # 0 is a pass, 1 a broken threshold, 4 a generator that was too busy: all of them made their load
        case $code in 0 | 1 | 4) ;; *) cat "$dir/said" >&2; exit 1 ;; esac
        printf ' %14s' "$(awk 'END {printf "%.1f", $1 / 1024}' "$dir/most")"
    done
    printf '\n'
done
