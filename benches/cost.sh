#!/usr/bin/env bash
# What a request costs, as CPU seconds of the process over requests, beside wrk in the same runs.
#
# nginx answers on one core, the client runs on the other; two workers share both cores with two of nginx. Runs are
# interleaved and medians are shown. Needs nginx, wrk, openssl and GNU time (Debian: nginx-light wrk openssl time).
# `benches/peers/run` has other tools as well. COST_PORT (18080) is the first of the ports it takes, of twelve.
# Usage: benches/cost.sh [ROUNDS] [PLIMSOLL]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
plimsoll=${2:-target/release/plimsoll}
port=${COST_PORT:-18080}
dir=$(mktemp -d)
trap 'for pid in "$dir"/*/nginx.pid; do [ ! -f "$pid" ] || kill "$(cat "$pid")"; done; rm -rf "$dir"' EXIT
benches/nginx "$dir/one" $port 1 1
benches/nginx "$dir/two" $((port + 10)) 0,1 2

# prints CPU microseconds a request; `-q`, because `time` would write of an exit code into the same file
wrk_cost() { # CORES THREADS URL
    taskset -c "$1" /usr/bin/time -q -o "$dir/time" -f '%U %S' wrk "-t$2" -c64 -d5s "$3" > "$dir/wrk"
    awk -v requests="$(awk '/requests in/ {print $1}' "$dir/wrk")" '{printf "%.3f\n", ($1 + $2) * 1e6 / requests}' "$dir/time"
}
# a run that asks again at once uses all of its core, and may say that its result is not valid for that (exit code 4)
full_speed() { [ $? -eq 4 ] || { cat "$dir/said" >&2; exit 1; }; }
plan_cost() { # CORES PLAN [TARGET]
    rm -rf "$dir/out"
    COST_TARGET=${3:-http://127.0.0.1:$port} taskset -c "$1" /usr/bin/time -q -o "$dir/time" -f '%U %S' \
        "$plimsoll" run "benches/plans/$2.yaml" --quiet --out "$dir/out" > "$dir/said" 2>&1 || full_speed
    requests=$(python3 -c "import json, glob; print(json.load(open(glob.glob('$dir/out/*.json')[0]))['total']['requests'])")
    awk -v requests="$requests" '{printf "%.3f\n", ($1 + $2) * 1e6 / requests}' "$dir/time"
}
median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

two=http://127.0.0.1:$((port + 10))
secure=https://127.0.0.1:$((port + 1))
for round in $(seq "$rounds"); do
    wrk_cost 0 1 "http://127.0.0.1:$port/" >> "$dir/wrk_costs"
    plan_cost 0 bare_get >> "$dir/get_costs"
    plan_cost 0 scenario >> "$dir/scenario_costs"
    wrk_cost 0 1 "$secure/" >> "$dir/wrk_tls_costs"
    plan_cost 0 tls_get "$secure" >> "$dir/tls_costs"
    wrk_cost 0,1 2 "$two/" >> "$dir/wrk_two_costs"
    plan_cost 0,1 bare_get "$two" >> "$dir/two_costs"
done
# `show WHAT COSTS AGAINST WHOM`: a median, and how many times that of wrk
show() {
    ours=$(median < "$dir/$2")
    theirs=$(median < "$dir/$3")
    printf '  %-42s %7s  (%s x %s)\n' "$1" "$ours" "$(awk "BEGIN {printf \"%.2f\", $ours / $theirs}")" "$4"
}
echo "CPU microseconds a request, median of $rounds interleaved runs"
show "wrk, bare GET" wrk_costs wrk_costs wrk
show "plimsoll, bare GET" get_costs wrk_costs wrk
show "plimsoll, scenario" scenario_costs wrk_costs "wrk's bare GET"
show "plimsoll, GET over TLS 1.3" tls_costs wrk_tls_costs "wrk's over TLS"
show "plimsoll, bare GET, two workers" two_costs wrk_two_costs "wrk -t2, nginx with two workers"

# as many as the system allows files, 20,000 at most
limit=$(ulimit -Hn)
if [ "$limit" = unlimited ] || [ "$limit" -gt 20064 ]; then users=20000; else users=$((limit - 100)); fi
IDLE_USERS=$users COST_TARGET=http://127.0.0.1:$port /usr/bin/time -q -o "$dir/time" -f "%M" \
    "$plimsoll" run benches/plans/idle.yaml --quiet --out "$dir/idle" > "$dir/said" 2>&1 || full_speed
printf '  %-42s %s\n' "$users idle users" "$(awk '{printf "%.0f", $1 / 1024}' "$dir/time") MiB in all"
