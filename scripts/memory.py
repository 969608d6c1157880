"""How much memory the running demo takes: the proportional set size (PSS) of each of its processes, and their sum.

Linux only. Usage: .venv/bin/python scripts/memory.py [process id of one supervisor]
"""

import sys
from pathlib import Path

SUPERVISOR = "crm.demo.supervisor"
LIMIT = 400_000  # kB, what the whole installation may take


def main() -> int:
    """Print a line a process; exit status 1 above the limit, 2 when no demo runs."""
    wanted = set(sys.argv[1:])
    supervisors = [pid for pid in _processes() if SUPERVISOR in _command(pid) and (not wanted or pid in wanted)]
    if not supervisors:
        print("No demo is running: start it with make run.")
        return 2
    is_small = True
    for supervisor in supervisors:
        sizes = {pid: _pss(pid) for pid in _tree(supervisor)}
        for pid, size in sizes.items():
            print(f"{size / 1000:8.1f} MB  {_name(pid)}")
        print(f"{sum(sizes.values()) / 1000:8.1f} MB  in all\n")
        is_small = is_small and sum(sizes.values()) < LIMIT
    return 0 if is_small else 1


def _processes() -> list[str]:
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def _command(pid: str) -> str:
    try:
        return Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _name(pid: str) -> str:
    words = _command(pid).split()
    return next((word.removeprefix("crm.demo.") for word in words if word.startswith("crm.demo.")), " ".join(words)[:60])


def _tree(root: str) -> list[str]:
    """A process and all that it started."""
    found = [root]
    for parent in found:
        found += [pid for pid in _processes() if _parent(pid) == parent]
    return found


def _parent(pid: str) -> str:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return ""


def _pss(pid: str) -> int:
    """In kB."""
    try:
        lines = Path("/proc", pid, "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    sys.exit(main())
