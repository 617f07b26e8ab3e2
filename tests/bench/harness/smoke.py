"""Every workload, and every program of the other tables, once and tiny: that they still run."""

import subprocess

from . import instructions, sharing, workloads

SKIPPED = 77
COMMANDS = (
    "footprint density 4104", "footprint thinned 100 1", "footprint idle 1",
    "footprint exited 2 1", "footprint parked 2", "footprint large 1", "footprint columns 4 32",
    "control name 10 1", "control epoch-few 3 9", "control epoch-all 3 9", "control memory 10 1",
    "control beside-100 1 1",
    *(command for command, _ in sharing.ROWS),
    *(f"steady {operation} 1000 64" for operation in
      sorted({row[1] for row in instructions.ROWS} | {row[3][0] for row in instructions.ROWS})),
)


def run(bench, allocator):
    """Prints a line for each; returns the exit status."""
    failed = skipped = 0
    for row in [workloads.HELLO, *workloads.ROWS]:
        missing = bench.missing(row)
        if missing:
            skipped += 1
            print(f"skipped {row.name}: needs {' '.join(missing)}")
            continue
        bench.prepare(row)
        sample = bench.run(row, allocator)
        failed += bool(sample.failure)
        print(f"{'FAILED' if sample.failure else 'ok'} {row.name} {sample.failure}".rstrip())
    for command in COMMANDS:
        words = command.split()
        done = subprocess.run([str(bench.programs / words[0]), *words[1:]], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)
        is_failed = done.returncode not in (0, SKIPPED)  # 77: the C library lacks the function
        failed += is_failed
        print(f"{'FAILED' if is_failed else 'ok'} {command}")
    print(f"{len(workloads.ROWS) + 1} workloads, {failed} failed, {skipped} skipped")
    return 1 if failed else SKIPPED if skipped else 0
