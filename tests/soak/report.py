"""From samples to findings: what grows, what failed, and a table of it."""
import verdict

# What is allowed an hour: of memory, of what a process holds, and of waiting work.
# A leak is what grows of the heap in use. Resident is also what malloc keeps of what was given back: arenas come to their
# fullest one by one, for hours.
RULES = {
    "heap MiB": verdict.Rule(0.02, 3),
    "resident MiB": verdict.Rule(0.3, 16),
    "private MiB": verdict.Rule(0.3, 16),
    "descriptors": verdict.Rule(0, 3),
    "threads": verdict.Rule(0, 3),
    "series": verdict.Rule(0.01, 5),
    "events queued": verdict.Rule(0, 100),
    "tasks queued": verdict.Rule(0, 10),
    "calls under way": verdict.Rule(0, 10),
}
# What services answer and the load gives up with when the machine is too slow for it. As long as it is this part of the
# calls of a service, it is no failure of theirs.
OVERLOAD = ("DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "UNAVAILABLE")
OVERLOAD_SHARE = 0.01

# Stores grow by what stays, such as the marks of erased customers; told for each of them. Counter tables and streams are
# logs, which grow to twice what they held when they were last summed up or cut: so may Redis' data, beside the marks of
# the some sixty ids of a life in three services.
STORES = ("data MiB", "disk MiB")
STAYS_KIB = 16


def series(samples, process, what):
    return [(s["hours"], s["processes"][process][what]) for s in samples if what in s["processes"][process]]


def growth(samples):
    rows = []
    for process in samples[0]["processes"]:
        if process == "redis":  # its memory is judged by its data
            continue
        for what, rule in RULES.items():
            if values := series(samples, process, what):
                rows.append({"process": process, "what": what} | vars(verdict.judge(values, rule)))
        cpu = series(samples, process, "cpu seconds")
        rates = [(b[0], (b[1] - a[1]) / (b[0] - a[0]) / 36) for a, b in zip(cpu, cpu[1:]) if b[0] > a[0]]
        rows.append({"process": process, "what": "cpu %"} | vars(verdict.judge(rates, verdict.Rule(0.5, 20))))
    return rows


def stores(samples):
    """How much the stores grew beside the customers who were erased meanwhile."""
    after = verdict.settled([(s["hours"], s) for s in samples])
    erased = after[-1][1]["load"]["erased"] - after[0][1]["load"]["erased"]
    rows = []
    for process in samples[0]["processes"]:
        for what in STORES:
            if values := series(samples, process, what):
                found = verdict.judge(values, verdict.Rule(0, 0))
                hours = after[-1][0] - after[0][0]
                each = 1024 * found.slope * hours / max(1, erased)
                most = 2 * values[0][1] + STAYS_KIB / 1024 * samples[-1]["load"]["erased"]
                rows.append({"process": process, "what": what, "first": found.first, "last": found.last, "slope": found.slope,
                             "erased": erased, "kib_each": each, "most": most,
                             "grows": what == "data MiB" and found.last > most})
    return rows


def group_of(rpc):
    """What is alike in what it costs; None for watches, which last as long as somebody watches."""
    for group, prefixes in {"": ("Watch",), "store": ("Record", "Make", "Keep", "Cancel", "Erase", "Create", "Link", "Unlink", "Mark", "Resolve"),
                            "store, streams": ("Ingest",), "figures": ("Query", "GetShareRank", "Forecast", "GetBacklog"),
                            "lists": ("List", "Search"), "scores": ("Score", "BatchScore"),
                            "exports, sweeps": ("Export", "StreamScores", "Sweep")}.items():
        if rpc.startswith(prefixes):
            return group or None
    return "one or some"


def quarter_latencies(process, part):
    """{group: histogram} of the calls that ended within a part of the samples."""
    begin, end = part[0]["processes"][process]["latencies"], part[-1]["processes"][process]["latencies"]
    found = {}
    for rpc, histogram in end.items():
        group = found.setdefault(group_of(rpc), {})
        for bound, count in histogram.items():
            group[float(bound)] = group.get(float(bound), 0) + count - begin.get(rpc, {}).get(bound, 0)
    found.pop(None, None)
    return found


def latencies(samples):
    after = [s for _, s in verdict.settled([(s["hours"], s) for s in samples])]
    quarter = max(1, len(after) // 4)
    rows = []
    for process, about in samples[0]["processes"].items():
        if "latencies" not in about:
            continue
        first, last = (quarter_latencies(process, part) for part in (after[:quarter + 1], after[-quarter - 1:]))
        for group in sorted(last):
            calls = max(last[group].values(), default=0)
            pairs = [[verdict.quantile(part.get(group, {}), share) for part in (first, last)] for share in (0.5, 0.99)]
            if all(value for pair in pairs for value in pair):
                rows.append({"process": process, "group": group, "calls": calls} | {
                    f"p{name}_{when}_ms": 1000 * value for name, pair in zip((50, 99), pairs)
                    for when, value in zip(("first", "last"), pair)} | {
                    f"p{name}_ratio": pair[1] / pair[0] for name, pair in zip((50, 99), pairs)})
    return rows


def judge(samples, faults, judge_growth=True):
    load = samples[-1]["load"]
    findings = {
        "minutes": 60 * (samples[-1]["hours"] - samples[0]["hours"]),
        "samples": len(samples),
        "load": {k: v for k, v in load.items() if isinstance(v, (int, float)) and k != "at"},
        "growth": growth(samples) if judge_growth else [],
        "stores": stores(samples) if judge_growth else [],
        "latencies": latencies(samples),
        "codes": codes(load["calls"]),
        "failures": [],
    }
    for row in findings["growth"] + findings["stores"]:
        if row["grows"]:
            findings["failures"].append(f"{row['process']}: {row['what']} grows by {row['slope']:.3g} an hour")
    findings["failures"] += unexpected(load)
    findings["failures"] += [f"logged: {line}" for line in faults[:20]]
    return findings


def unexpected(load):
    """Calls that should have ended otherwise."""
    calls = {service: sum(each.values()) for service, each in codes(load["calls"]).items()}
    overload = {}
    failures = []
    for call, found in load["unexpected"].items():
        service, code = call.partition(".")[0], call.rpartition(" ")[2]
        if code in OVERLOAD:
            overload.setdefault(service, []).append((call, found))
        else:
            failures.append(f"{call}, {found['count']} times: {found['example']}")
    for service, found in overload.items():
        if sum(each["count"] for _, each in found) > OVERLOAD_SHARE * calls[service]:
            failures += [f"{call}, {each['count']} times: {each['example']}" for call, each in found]
    return failures


def codes(calls):
    """How many calls of each service ended with each code."""
    found = {}
    for call, count in calls.items():
        rpc, _, code = call.rpartition(" ")
        service = found.setdefault(rpc.partition(".")[0], {})
        service[code] = service.get(code, 0) + count
    return found


def table(header, rows):
    lines = [header] + rows
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    left = sum(1 for cell in header if cell.startswith("<"))
    return "\n".join("  ".join(cell.lstrip("<").ljust(w) if i < left else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(line, widths))).rstrip() for line in lines) + "\n"


def text(findings):
    number = "{:,.2f}".format
    parts = [f"{findings['minutes']:.0f} minutes, {findings['samples']} samples; " + ", ".join(
        f"{count:,} {what}" for what, count in findings["load"].items()) + "\n"]
    if findings["growth"]:
        parts.append(table(["<process", "<measured", "first quarter", "last quarter", "slope/h", "95 % low", "high", "allowed/h", "verdict"], [
            [r["process"], r["what"], *(number(r[k]) for k in ("first", "last", "slope", "low", "high", "allowed")),
             "GROWS" if r["grows"] else "flat"] for r in findings["growth"]]))
        parts.append(table(["<store", "<measured", "first quarter", "last quarter", "slope/h", "erased", "KiB each", "at most", "verdict"], [
            [r["process"], r["what"], number(r["first"]), number(r["last"]), number(r["slope"]), f"{r['erased']:,}", number(r["kib_each"]),
             *((number(r["most"]), "GROWS" if r["grows"] else "bounded") if r["what"] == "data MiB" else ("", "told"))]
            for r in findings["stores"]]))
    parts.append(table(["<service", "<calls", "of last quarter", "p50 ms first", "last", "ratio", "p99 ms first", "last", "ratio"], [
        [r["process"], r["group"], f"{r['calls']:,.0f}", *(number(r[k]) for k in (
            "p50_first_ms", "p50_last_ms", "p50_ratio", "p99_first_ms", "p99_last_ms", "p99_ratio"))] for r in findings["latencies"]]))
    parts.append("\n".join(f"{service}: " + ", ".join(f"{count:,} {code}" for code, count in sorted(each.items()))
                           for service, each in findings["codes"].items()) + "\n")
    parts.append("\n".join(f"FAILED {each}" for each in findings["failures"]) or "Nothing grows, nothing failed.")
    return "\n".join(parts)
