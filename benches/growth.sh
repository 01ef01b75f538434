#!/usr/bin/env bash
# How the cost of a request grows with users and endpoints: CPU seconds of the process over requests, at full speed.
#
# nginx answers on one core, the client runs on the other. Needs nginx, openssl and GNU time (Debian:
# nginx-light openssl time).
# Usage: benches/growth.sh [ROUNDS] [PLIMSOLL]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
plimsoll=${2:-target/release/plimsoll}
port=18081
dir=$(mktemp -d)
benches/nginx "$dir" $port 1 1
trap 'kill "$(cat "$dir/nginx.pid")"; rm -rf "$dir"' EXIT

# a plan with so many users and endpoints
plan() {
    echo "target: http://127.0.0.1:$port"
    echo "endpoints:"
    for endpoint in $(seq "$2"); do echo "  e$endpoint: {get: /e$endpoint}"; done
    echo "users: {u: {tasks: {"
    for endpoint in $(seq "$2"); do echo "  t$endpoint: {call: e$endpoint},"; done
    echo "}}}"
    echo "shape: {constant: {users: $1, for: 5s, spawn_rate: 20000/s}}"
}
# prints CPU microseconds a request
cost() {
    plan "$1" "$2" > "$dir/plan.yaml"
    rm -rf "$dir/out"
    # at full speed a run uses all of its core, which may make it not valid (exit code 4)
    taskset -c 0 /usr/bin/time -q -o "$dir/time" -f '%U %S' "$plimsoll" run "$dir/plan.yaml" --quiet --out "$dir/out" > "$dir/said" 2>&1 ||
        [ $? -eq 4 ] || { cat "$dir/said" >&2; exit 1; }
    requests=$(python3 -c "import json, glob; print(json.load(open(glob.glob('$dir/out/*.json')[0]))['total']['requests'])")
    awk -v requests="$requests" '{printf "%.3f\n", ($1 + $2) * 1e6 / requests}' "$dir/time"
}
median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

sizes=("10 1" "100 1" "1000 1" "10000 1" "64 1" "64 20" "64 200")
for _ in $(seq "$rounds"); do
    for size in "${sizes[@]}"; do
        # shellcheck disable=SC2086
        cost $size >> "$dir/${size/ /_}"
    done
done
echo "CPU microseconds a request, median of $rounds interleaved runs"
for size in "${sizes[@]}"; do
    read -r users endpoints <<< "$size"
    printf '  %6d users, %3d endpoints  %s\n' "$users" "$endpoints" "$(median < "$dir/${size/ /_}")"
done
