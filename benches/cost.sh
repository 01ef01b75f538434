#!/usr/bin/env bash
# What a request costs, as CPU seconds of the process over requests, beside wrk in the same runs.
#
# nginx answers on one core, the client runs on the other; runs are interleaved and medians are shown. Needs nginx,
# wrk and GNU time (Debian: nginx-light wrk time). Usage: benches/cost.sh [ROUNDS] [PLIMSOLL]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
plimsoll=${2:-target/release/plimsoll}
port=18080
dir=$(mktemp -d)

cat > "$dir/nginx.conf" <<CONF
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/error.log;
worker_rlimit_nofile 65536;
events { worker_connections 32768; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
    server {
        listen 127.0.0.1:$port backlog=4096;
        default_type application/json;
        location / {
            return 200 '{"context":"quantum computers","concepts_found":3,"relationships_found":2,"query_time_ms":1.5}';
        }
    }
}
CONF
taskset -c 1 nginx -c "$dir/nginx.conf" -p "$dir"
trap 'kill "$(cat "$dir/nginx.pid")"; rm -rf "$dir"' EXIT

# prints CPU microseconds a request
wrk_cost() {
    taskset -c 0 /usr/bin/time -o "$dir/time" -f '%U %S' wrk -t1 -c64 -d5s "http://127.0.0.1:$port/" > "$dir/wrk"
    awk -v requests="$(awk '/requests in/ {print $1}' "$dir/wrk")" '{printf "%.3f\n", ($1 + $2) * 1e6 / requests}' "$dir/time"
}
# a run that asks again at once uses all of its core, and may say that its result is not valid for that (exit code 4)
full_speed() { [ $? -eq 4 ] || { cat "$dir/said" >&2; exit 1; }; }
plan_cost() {
    rm -rf "$dir/out"
    taskset -c 0 /usr/bin/time -o "$dir/time" -f '%U %S' "$plimsoll" run "benches/plans/$1.yaml" --quiet --out "$dir/out" > "$dir/said" 2>&1 || full_speed
    requests=$(python3 -c "import json, glob; print(json.load(open(glob.glob('$dir/out/*.json')[0]))['total']['requests'])")
    awk -v requests="$requests" '{printf "%.3f\n", ($1 + $2) * 1e6 / requests}' "$dir/time"
}
median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

for round in $(seq "$rounds"); do
    wrk_cost >> "$dir/wrk_costs"
    plan_cost bare_get >> "$dir/get_costs"
    plan_cost scenario >> "$dir/scenario_costs"
done
wrk=$(median < "$dir/wrk_costs")
get=$(median < "$dir/get_costs")
scenario=$(median < "$dir/scenario_costs")
echo "CPU microseconds a request, median of $rounds interleaved runs"
echo "  wrk, bare GET       $wrk"
echo "  plimsoll, bare GET  $get  ($(awk "BEGIN {printf \"%.2f\", $get / $wrk}") x wrk)"
echo "  plimsoll, scenario  $scenario  ($(awk "BEGIN {printf \"%.2f\", $scenario / $wrk}") x wrk's bare GET)"

# as many as the system allows files, 20,000 at most
limit=$(ulimit -Hn)
if [ "$limit" = unlimited ] || [ "$limit" -gt 20064 ]; then users=20000; else users=$((limit - 100)); fi
IDLE_USERS=$users /usr/bin/time -o "$dir/time" -f "%M" "$plimsoll" run benches/plans/idle.yaml --quiet --out "$dir/idle" > "$dir/said" 2>&1
echo "  $users idle users   $(awk '{printf "%.0f", $1 / 1024}' "$dir/time") MiB in all"
