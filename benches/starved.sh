#!/usr/bin/env bash
# Whether a generator that other programs keep from its core says that its result is not valid (exit code 4), and one
# at ease that it is.
#
# The generator has core 0, the target core 1; programs that never pause join the generator on its core. This is no test
# of CI: on a machine that others use as well nobody is at ease, and what is right cannot be told from what is wrong. The
# rule itself is tested with made-up figures (`src/verdict/tests/generator.rs`). Needs two cores, taskset and python3.
# Usage: benches/starved.sh [RUNS AT EASE] [PLIMSOLL]
set -euo pipefail
cd "$(dirname "$0")/.."
at_ease=${1:-20}
plimsoll=${2:-target/release/plimsoll}
port=18081
dir=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$dir"' EXIT

taskset -c 1 "$plimsoll" target --port "$port" > "$dir/target" 2>&1 &
started+=($!)
sleep 1

cat > "$dir/paced.yaml" <<PLAN
target: http://127.0.0.1:$port/v1
endpoints: {ask: {get: /health}}
users: {u: {tasks: {t: {call: ask}}}}
shape: {arrivals: {rate: 2000/s, for: 6s, max_users: 200}}
PLAN
cat > "$dir/full.yaml" <<PLAN
target: http://127.0.0.1:$port/v1
endpoints: {ask: {get: /health}}
users: {u: {think_time: 0s, tasks: {t: {call: ask}}}}
shape: {constant: {users: 16, for: 6s}}
PLAN

# prints what a run said and saw; its exit code is in `code`
run() {
    rm -rf "$dir/out"
    code=0
    taskset -c 0 "$plimsoll" run "$dir/$1.yaml" --quiet --out "$dir/out" > "$dir/said" 2>&1 || code=$?
    python3 - "$dir/out" "$code" "$2" <<'REPORT'
import glob, json, sys
report = json.load(open(glob.glob(sys.argv[1] + "/*.json")[0]))
time, generator = report["total"]["response_time"], report["generator"]
print(f"{sys.argv[3]}: exit {sys.argv[2]}, {report['total']['rate']:.0f}/s, p50 {time['p50']:.3f} p95 {time['p95']:.3f} p99 {time['p99']:.3f} ms,"
      f" waited up to {generator.get('cpu_wait', float('nan')):.0f} ms of a second, {generator['cpu_cores']:.2f} cores, suspect {generator['suspect_by']}")
REPORT
}

wrong=0
for round in $(seq "$at_ease"); do
    run paced "at ease, 2,000/s, run $round"
    [ "$code" = 0 ] || wrong=$((wrong + 1))
done
echo "$((at_ease - wrong)) of $at_ease runs at ease are valid"

# a run that asks again at once uses all of its core, and may say that its result is not valid for that
run full "at ease, 16 users that never pause"

for burners in 1 3; do
    burning=()
    for _ in $(seq "$burners"); do
        taskset -c 0 sh -c 'while :; do :; done' &
        burning+=($!)
    done
    started+=("${burning[@]}")
    for plan in paced full; do
        run "$plan" "$burners beside it, $plan"
        # a worker that needs a tenth of its core waits seldom beside one program: its p95 is right, and it may say so
        [ "$burners $plan" = "1 paced" ] || [ "$code" = 4 ] || wrong=$((wrong + 1))
    done
    kill "${burning[@]}"
    wait "${burning[@]}" 2>/dev/null || true
done
[ "$wrong" = 0 ] || { echo "$wrong runs did not say what is right" >&2; exit 1; }
