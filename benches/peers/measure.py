"""Runs each tool at each piece of work, round by round, and writes the page. `benches/peers/run` starts it."""

import argparse
import ctypes
import datetime
import glob
import json
import os
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLANS = HERE.parent / "plans"
CONNECTIONS = "64"
ONE, TARGET, TWO = "http://127.0.0.1:26080", "http://127.0.0.1:26085/v1", "http://127.0.0.1:26090"
SECURE = "https://127.0.0.1:26081"
GET, POST = "get", "post"
# these spend most of a short run on their start, and their ratios are so large that a few rounds tell them
SLOW = {"Locust", "Artillery", "drill"}

# what is done, where, and what the tools are held against: wrk's cost at this work
WORKS = {
    "get": ("GET, keep-alive", "nginx", GET, ONE + "/", "get"),
    "scenario": ("Scenario: a templated JSON body, a check, two extracted metrics", "nginx", "scenario", ONE, "get"),
    "post": ("POST of a templated JSON body with a check of the answer", "nginx", POST, ONE + "/recall", "post"),
    "tls": ("GET over TLS 1.3, keep-alive", "nginx", GET, SECURE + "/", "tls"),
    "two": ("GET, keep-alive, two workers or threads", "nginx with two workers", GET, TWO + "/", "two"),
    "target_get": ("GET, keep-alive", "`plimsoll target`", GET, TARGET + "/health", "target_get"),
    "target_post": (
        "POST of a templated JSON body with a check of the answer",
        "`plimsoll target`",
        POST,
        TARGET + "/recall",
        "target_post",
    ),
}
BOTH = {"get", "post", "target_get", "target_post"}
ONLY_GET = {"get", "target_get"}
CAN = {
    "wrk": BOTH | {"tls", "two"},
    "plimsoll": set(WORKS),
    "ab": ONLY_GET | {"tls"},
    "h2load": ONLY_GET | {"tls", "two"},
    "hey": ONLY_GET | {"tls"},
    "oha": ONLY_GET | {"tls"},
    "drill": ONLY_GET,
    "autocannon": BOTH,
    "Locust": BOTH,
    "Artillery": BOTH,
}


class Peers:
    def __init__(self, options):
        self.options = options
        self.programs, self.absent = {}, {}
        for line in Path(options.tools).read_text().splitlines():
            name, program, *why = line.split(" ")
            if program == "-":
                self.absent[name] = " ".join(why)
            else:
                self.programs[name] = program
        self.folder = Path(options.work) / "run"

    def arguments(self, tool, name):
        """The command line of a tool at a piece of work, and what it needs of the environment."""
        _, _, work, url, _ = WORKS[name]
        program, seconds, threads = self.programs[tool], str(self.seconds(tool)), "2" if name == "two" else "1"
        origin, path = re.fullmatch(r"(https?://[^/]+)(/?.*)", url).groups()
        if tool == "plimsoll":
            plan = {"get": "bare_get", "two": "bare_get", "target_get": "bare_get", "scenario": "scenario", "tls": "tls_get"}.get(name, "post")
            base = url.removesuffix("/recall") if work != GET else origin
            command = [program, "run", PLANS / f"{plan}.yaml", "--quiet", "--out", self.folder, "--time", seconds + "s", "--target", base]
            return command, {"COST_PATH": path}
        if tool == "wrk":
            script = ["-s", HERE / "post.lua"] if work == POST else []
            return [program, "-t" + threads, "-c" + CONNECTIONS, f"-d{seconds}s", *script, url], {}
        if tool == "ab":
            return [program, "-q", "-k", "-l", "-c", CONNECTIONS, "-t", seconds, "-n", "10000000", url], {}
        if tool == "h2load":
            return [program, "--h1", "-c", CONNECTIONS, "-t", threads, "-D", seconds, "--warm-up-time=0", url], {}
        if tool == "hey":
            return [program, "-z", seconds + "s", "-c", CONNECTIONS, url], {}
        if tool == "oha":
            return [program, "-z", seconds + "s", "-c", CONNECTIONS, "--no-tui", "--insecure", "--output-format", "json", url], {}
        if tool == "drill":
            plan = {"base": origin, "concurrency": int(CONNECTIONS), "iterations": 10_000 * self.seconds(tool), "rampup": 0}
            plan["plan"] = [{"name": "ask", "request": {"url": path}}]
            # JSON is YAML
            (self.folder / "drill.yaml").write_text(json.dumps(plan))
            return [program, "--benchmark", self.folder / "drill.yaml", "--stats", "--quiet"], {}
        if tool == "autocannon":
            module = Path(program).parent.parent / "autocannon"
            return ["node", HERE / "autocannon.js", module, work, url, seconds], {}
        if tool == "Locust":
            command = [program, "-f", HERE / "locustfile.py", "--headless", "-u", CONNECTIONS, "-r", CONNECTIONS, "-t", seconds + "s"]
            return [*command, "--host", origin, "--json", "--only-summary"], {"PEER_WORK": work, "PEER_PATH": path}
        if tool == "Artillery":
            ask = {"url": path}
            if work == POST:
                ask |= {"beforeRequest": "fill", "headers": {"X-API-Key": "cm_test_key"}}
                ask |= {"json": {"message": "{{ message }}", "max_concepts": "{{ most }}"}}
                ask |= {"capture": {"json": "$.concepts_found", "as": "found"}}
            plan = {
                "config": {
                    "target": origin,
                    "phases": [{"duration": 1, "arrivalCount": int(CONNECTIONS)}],
                    "http": {"pool": int(CONNECTIONS)},
                    "processor": str(HERE / "artillery.js"),
                },
                "scenarios": [{"flow": [{"loop": [{work: ask}], "whileTrue": "underWay"}]}],
            }
            (self.folder / "artillery.json").write_text(json.dumps(plan))
            command = [program, "run", "--quiet", "--output", self.folder / "report.json", self.folder / "artillery.json"]
            return command, {"PEER_SECONDS": seconds, "ARTILLERY_DISABLE_TELEMETRY": "true"}
        raise KeyError(tool)

    def answers(self, tool, said):
        """How many good and bad answers a tool counted."""

        def number(pattern, text=said):
            found = re.search(pattern, text)
            return int(found[1]) if found else 0

        if tool == "plimsoll":
            total = json.loads(Path(glob.glob(f"{self.folder}/*.json")[0]).read_text())["total"]
            return total["ok"], total["failed"]
        if tool == "wrk":
            return number(r"(\d+) requests in"), number(r"Non-2xx or 3xx responses: (\d+)") + number(r"bad answers: (\d+)")
        if tool == "ab":
            return number(r"Complete requests: +(\d+)"), number(r"Non-2xx responses: +(\d+)") + number(r"Failed requests: +(\d+)")
        if tool == "h2load":
            # what is under way when the time is over is no failure
            return number(r"status codes: (\d+) 2xx"), number(r", (\d+) 4xx") + number(r", (\d+) 5xx")
        if tool == "hey":
            return number(r"\[200\]\s+(\d+) responses"), sum(map(int, re.findall(r"\[[345]\d\d\]\s+(\d+) responses", said)))
        if tool == "oha":
            counts = json.loads(said)["statusCodeDistribution"]
            return counts.get("200", 0), sum(counts.values()) - counts.get("200", 0)
        if tool == "drill":
            plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
            good = number(r"Successful requests +(\d+)", plain)
            return good, number(r"Total requests +(\d+)", plain) - good
        if tool == "autocannon":
            counts = json.loads(said)
            return counts["good"], counts["bad"]
        if tool == "Locust":
            rows = json.loads(said[said.index("[") :])
            bad = sum(row["num_failures"] for row in rows)
            return sum(row["num_requests"] for row in rows) - bad, bad
        counts = json.loads((self.folder / "report.json").read_text())["aggregate"]["counters"]
        bad = sum(count for name, count in counts.items() if name.startswith(("errors.", "http.codes.")) and name != "http.codes.200")
        return counts.get("http.codes.200", 0), bad

    def seconds(self, tool):
        return self.options.seconds * (2 if tool in SLOW else 1)

    def cost(self, tool, name):
        """CPU microseconds a request: of the tool and of all that it started."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        command, environment = self.arguments(tool, name)
        cores = self.options.two_clients if name == "two" else self.options.client
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            ["taskset", "-c", cores, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
            start_new_session=True,
        )
        try:
            said, complained = process.communicate(timeout=self.seconds(tool) + 60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise ValueError("it did not end") from None
        reap()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # a run that asks again at once uses all of its core, and may say that its result is not valid for that
        if process.returncode not in ((0, 4) if tool == "plimsoll" else (0,)):
            last = (complained.strip() or said.strip() or "nothing said").splitlines()[-1]
            raise ValueError(f"exit code {process.returncode}: {last}")
        good, bad = self.answers(tool, said)
        # some count as an error what was under way when the time was over
        if good == 0 or bad > int(CONNECTIONS) + good // 1000:
            raise ValueError(f"{good} good answers and {bad} bad ones")
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return spent * 1e6 / good

    def version(self, tool):
        program = self.programs[tool]
        if tool == "hey":
            # it has no option that tells
            said = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "hey"], capture_output=True, text=True, check=False).stdout
            return said or "?"
        option = {"ab": "-V", "wrk": "-v", "Artillery": "version"}.get(tool, "--version")
        run = subprocess.run([program, option], capture_output=True, text=True, check=False, timeout=60)
        found = re.search(r"(?:Artillery: |Version |[ v@])?(\d+\.\d+(?:\.\d+)?\S*)", run.stdout + run.stderr)
        return found[1] if found else "?"


def reap():
    """Waits for what a tool left behind, so that its CPU time counts: it is ours since its parent ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def read(options):
    """All rounds, or those that there is time for: costs by work and tool, a figure a round; and what went wrong."""
    peers = Peers(options)
    costs, wrong = {}, {}
    began, longest, rounds = time.monotonic(), 0, 0
    for number in range(options.rounds):
        start = time.monotonic()
        if number and start - began + longest > options.minutes * 60:
            print(f"no time is left for round {number + 1}", file=sys.stderr)
            break
        for name, work in WORKS.items():
            for tool in CAN:
                # others against our own target, and the slow, need no more than every fourth round
                seldom = tool in SLOW or (name.startswith("target_") and tool not in ("wrk", "plimsoll"))
                if tool not in peers.programs or name not in CAN[tool] or (tool, name) in wrong or (seldom and number % 4):
                    continue
                if time.monotonic() - began > options.minutes * 60:
                    continue
                try:
                    cost = peers.cost(tool, name)
                except (ValueError, KeyError, IndexError, OSError) as error:
                    print(f"{tool}, {name}: {error}", file=sys.stderr)
                    wrong[tool, name] = str(error)
                    continue
                costs.setdefault(name, {}).setdefault(tool, {})[number] = cost
                print(f"round {number + 1}, {name}, {tool}: {cost:.2f} us", file=sys.stderr)
        rounds += 1
        if number % 4 or number + 1 == options.rounds:
            longest = max(longest, time.monotonic() - start)
        elif longest == 0:
            # the first is longer than the next ones are
            longest = (time.monotonic() - start) / 2
    return peers, costs, wrong, rounds


def ratios(costs, name):
    """What each tool costs as a multiple of wrk in the same round, as a median; with the least and the most."""
    against = costs.get(WORKS[name][4], {}).get("wrk", {})
    found = {}
    for tool, by_round in costs.get(name, {}).items():
        each = [cost / against[number] for number, cost in by_round.items() if number in against]
        if each:
            found[tool] = (statistics.median(each), min(each), max(each), statistics.median(by_round.values()), len(each))
    return dict(sorted(found.items(), key=lambda item: item[1][0]))


def page(peers, costs, wrong, rounds):
    options = peers.options
    title = {"plimsoll": "**Plimsoll**"}
    lines = [
        "# Benchmarks",
        "",
        "What a request costs: CPU time of the whole process, its start and its children included, over requests with a good",
        "answer. The figure to look at is the ratio to `wrk` in the same round: times are those of this machine. Tools took turns,",
        "each with 64 connections that stay open and no pause. `benches/peers/run` makes this page.",
    ]
    for name, (what, where, _, _, base) in WORKS.items():
        rows = ratios(costs, name)
        if not rows:
            continue
        # only the scenario is held against something else: no other tool has one
        lines += ["", f"## {what}, against {where}", ""]
        lines += ["1 is wrk at this work." if base == name else "1 is wrk's bare GET against nginx: wrk has no such work."]
        lines += ["", "| tool | ratio | from … to | µs a request | rounds |", "| --- | ---: | ---: | ---: | ---: |"]
        for tool, (ratio, least, most, cost, count) in rows.items():
            lines.append(f"| {title.get(tool, tool)} | {ratio:.2f} | {least:.2f} … {most:.2f} | {cost:.1f} | {count} |")
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cores = len(os.sched_getaffinity(0))
    shared = "nginx shares them" if cores < 4 else "nginx has two others"
    versions = [f"{tool} {peers.version(tool)}" for tool in peers.programs]
    lines += [
        "",
        "## How it was measured",
        "",
        "```sh",
        os.environ.get("PEERS_COMMAND", ""),
        "```",
        "",
        f"- Date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC.",
        f"- Machine: {cores} cores, {cpu[1] if cpu else platform.machine()} (as `/proc/cpuinfo` says); Linux {platform.release()}.",
        f"- Rounds: {rounds}, with {options.seconds} s for each tool; the tables show medians.",
        f"- {', '.join(sorted(SLOW))} had twice the time, as their start is a large part of a short run, and took part in every",
        "  fourth round. So did the others against `plimsoll target`.",
        f"- Clients were pinned to core {options.client}, services to another. At the work of two workers, clients had cores",
        f"  {options.two_clients}; {shared}.",
        f"- Versions: {', '.join(versions)}; nginx {nginx()}; Python {platform.python_version()}.",
        "- ab, h2load, hey and oha do not fill bodies in, and drill was given no check of answers: they have rows for GET alone.",
        "- wrk's POST is a script in Lua that looks for a text in the answer; the others read it as JSON.",
    ]
    lines += [f"- Left out: {tool} ({why})." for tool, why in peers.absent.items()]
    lines += [f"- Left out: {tool} at “{WORKS[name][0]}” against {WORKS[name][1]} ({why})." for (tool, name), why in wrong.items()]
    return "\n".join(lines) + "\n"


def nginx():
    return subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr.strip().rpartition("/")[2]


def main():
    parser = argparse.ArgumentParser()
    for name in ("tools", "work", "client", "two-clients", "page"):
        parser.add_argument("--" + name, required=True)
    for name in ("rounds", "seconds", "minutes"):
        parser.add_argument("--" + name, type=int, required=True)
    options = parser.parse_args()
    # what a tool starts and does not wait for becomes ours (PR_SET_CHILD_SUBREAPER)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    peers, costs, wrong, rounds = read(options)
    ours = [f"{name}: {why}" for (tool, name), why in wrong.items() if tool in ("plimsoll", "wrk")]
    if ours:
        sys.exit("no page is written without wrk and plimsoll: " + "; ".join(ours))
    Path(options.page).write_text(page(peers, costs, wrong, rounds))


main()
