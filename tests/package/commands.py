"""Commands as the package tests run them."""

import subprocess


def run(*command, **options):
    """What the command prints; a failure shows all that it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise AssertionError(f"{command} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout
