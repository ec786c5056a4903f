"""The project's own files: what the style checks read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {".git", ".cache", "build", "__pycache__"}
CXX = {".cpp", ".hpp", ".h", ".c"}
SHEBANG_LANGUAGES = {"python": ".py", "bash": ".sh"}


def files(root=ROOT):
    """Every file below root that is not made by a build, sorted."""
    found = []
    for path in sorted(root.iterdir()):
        if path.name in SKIPPED_FOLDERS:
            continue
        if path.is_dir():
            found += files(path)
        elif path.is_file():
            found.append(path)
    return found


def language(path):
    """The suffix that says what a file is written in; scripts without one are told by their first line."""
    if path.suffix or not path.stat().st_size:
        return path.suffix
    with path.open("rb") as stream:
        first = stream.readline(100).decode("latin-1")
    if first.startswith("#!"):
        for name, suffix in SHEBANG_LANGUAGES.items():
            if name in first:
                return suffix
    return ""


def text(path):
    """A file's text, or None where it is not text."""
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in content else content


def report(problems):
    """Prints the problems and gives the exit code of a check."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
