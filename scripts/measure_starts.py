"""Times how long deployed binaries take from their start until they ask Lambda's Runtime API for the first event.

    measure_starts.py DIRECTORY BINARY[=FUNCTION]... [--starts 20]

FUNCTION is the one that an area's binary is to be. Prints the median, the least and the highest, and the resident memory
then; once as the machine is, and once with one file of certificate authorities, where there is one. Run by
measure-builds.sh; `tenon-bench start` also hands two of them an event and checks the answer.
"""

import argparse
import http.server
import os
import queue
import statistics
import subprocess
import sys
import threading
import time

BUNDLES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
MAX_WAIT = 20.0


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Says when it is asked for an event, and hands out none."""

    seen: "queue.Queue[tuple[float, str]]" = queue.Queue()

    def do_GET(self):
        self.seen.put((time.perf_counter(), ""))
        # The bootstrap is ended while it waits.
        threading.Event().wait(MAX_WAIT)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.seen.put((time.perf_counter(), body.decode(errors="replace") or "it failed at its start"))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """The bootstrap has been ended while it waited."""


def environment(address, function, bundle):
    env = {
        "AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": "measured", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "measured",
        "AWS_LAMBDA_LOG_STREAM_NAME": "measured", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "measured",
        "AWS_SECRET_ACCESS_KEY": "measured", "TENON_TABLE": "measured", "TENON_MASTER_KEY": "m" * 43,
    }
    if function:
        env["TENON_FUNCTION"] = function
    if bundle:
        env["SSL_CERT_FILE"] = bundle
    return env


def once(server, program, function, bundle):
    """Seconds until the first event is asked for, and resident bytes then."""
    address = "127.0.0.1:%d" % server.server_address[1]
    begun = time.perf_counter()
    child = subprocess.Popen([program], env=environment(address, function, bundle), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asked, failed = RuntimeApi.seen.get(timeout=MAX_WAIT)
        if failed:
            sys.exit(f"measure_starts: {program}: {failed}")
        with open(f"/proc/{child.pid}/status", encoding="ascii") as status:
            resident = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))
    except queue.Empty:
        sys.exit(f"measure_starts: {program} asked for no event in {MAX_WAIT:.0f} s (ended with {child.poll()})")
    finally:
        child.kill()
        child.wait()
    return asked - begun, resident


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("directory")
    arguments.add_argument("binaries", nargs="+", metavar="BINARY[=FUNCTION]")
    arguments.add_argument("--starts", type=int, default=20)
    args = arguments.parse_args()
    server = Server(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bundle = next((path for path in BUNDLES if os.path.isfile(path)), None)
    for binary in args.binaries:
        name, _, function = binary.partition("=")
        for words, file in [("", None)] + ([(", one file of authorities", bundle)] if bundle else []):
            # The first brings the file into the page cache and is not counted.
            runs = [once(server, os.path.join(args.directory, name), function, file) for _ in range(args.starts + 1)][1:]
            times = [seconds * 1000 for seconds, _ in runs]
            print(f"  {name}{' as ' + function if function else ''}{words}: {statistics.median(times):.1f} ms, median of {len(times)} "
                  f"({min(times):.1f} to {max(times):.1f}); {max(r for _, r in runs) / 1e6:.1f} MB resident")


main()
