"""Says in one sentence when this Python cannot run Candor. Written so that old versions of Python 3 can read it."""

import sys

OLDEST = (3, 11)


def complaint() -> str:
    """What is wrong and what to do, or an empty string."""
    if sys.version_info[:2] < OLDEST:
        found = "{} is Python {}.{}".format(sys.executable, *sys.version_info[:2])
        return "Candor needs Python 3.11 or newer, and " + found + ": install a newer one and name it, as in make run PYTHON=python3.12."
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "Python's venv module is missing: on Debian and Ubuntu run `apt install python3-venv`, then run make again."
    return ""


if __name__ == "__main__":
    sentence = complaint()
    if sentence:
        sys.stderr.write(sentence + "\n")
        sys.exit(1)
