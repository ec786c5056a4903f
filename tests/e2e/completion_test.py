"""Completion scripts, as the shells themselves use them."""

import tempfile
import unittest
from pathlib import Path

from programs import programs, run, run_well

BASH = """
source "$1"
COMP_WORDS=("${@:3}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"$2"
printf '%s\\n' "${COMPREPLY[@]}"
"""

# An interactive shell on a terminal of its own, which is sent the words and a Tab, and asked what it has made of them.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -U compinit; compinit -D -d $1; source $2; bindkey '^I' complete-word; setopt no_beep"
zpty -w shell "show() { print -r -- \\"<\\$BUFFER>\\"; }; zle -N show; bindkey '^T' show; print -r -- rea''dy"
zpty -r -m shell seen '*ready*'
zpty -w -n shell "$3"$'\\t'
zpty -w -n shell $'\\x14'
zpty -r -m shell seen '*<*>*'
print -r -- "${${seen##*<}%%>*}"
zpty -d shell
"""


class CompletionTest(unittest.TestCase):
    def setUp(self):
        self.programs = programs()
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def script(self, program, shell):
        path = self.folder / f"{program.name}.{shell}"
        path.write_text(run_well(program, "completion", shell))
        return path

    def bash(self, program, *words):
        """What bash offers for the last of these words."""
        function = "_" + program.name.replace("-", "_")
        script = self.script(program, "bash")
        return run_well("bash", "-uc", BASH, "bash", script, function, program.name, *words).split()

    def test_bash_offers_commands_options_and_values(self):
        skiff, server = self.programs.skiff, self.programs.server
        self.assertIn("inspect", self.bash(skiff, ""))
        self.assertEqual(self.bash(skiff, "insp"), ["inspect"])
        self.assertEqual(self.bash(skiff, "repo", "add-"), ["add-release", "add-delta"])
        self.assertEqual(self.bash(skiff, "diff", "--cod"), ["--codec"])
        self.assertEqual(self.bash(skiff, "diff", "a.img", "b.img", "--codec", ""), ["zstd", "cm"])
        self.assertEqual(self.bash(skiff, "deploy", "create", "--rel"), ["--release"])
        self.assertEqual(self.bash(skiff, "device", "acc"), ["accept"])
        self.assertEqual(self.bash(skiff, "release", "f"), ["fetch"])
        self.assertEqual(self.bash(server, "dev"), ["device"])
        self.assertEqual(self.bash(server, "deploy", "create", "--dead"), ["--deadline"])
        self.assertEqual(self.bash(server, "completion", "z"), ["zsh"])

    def test_bash_leaves_files_to_itself(self):
        for words in (("diff", "a"), ("diff", "--threads", ""), ("diff", "a.img", "")):
            self.assertEqual(self.bash(self.programs.skiff, *words), [], words)

    def test_every_command_that_help_shows_is_offered(self):
        for program in (self.programs.skiff, self.programs.server):
            shown = run_well(program, "--help").split("Subcommands:")[1].split("\n")[1:]
            commands = {line.split()[0] for line in shown if line.startswith("  ") and line[2] != " "}
            self.assertGreater(len(commands), 8)
            self.assertEqual({word for word in self.bash(program, "") if not word.startswith("-")}, commands)

    def test_fish_offers_the_same(self):
        for program, line, wanted in (
            (self.programs.skiff, "insp", ["inspect"]),
            (self.programs.skiff, "repo add-", ["add-delta", "add-release"]),
            (self.programs.skiff, "diff --cod", ["--codec"]),
            (self.programs.skiff, "diff --codec ", ["cm", "zstd"]),
            (self.programs.server, "completion z", ["zsh"]),
        ):
            ask = f"source {self.script(program, 'fish')}; complete -C '{program.name} {line}'"
            offered = run_well("fish", "--no-config", "-c", ask).splitlines()
            self.assertEqual(sorted(entry.split("\t")[0] for entry in offered), wanted, line)

    def test_zsh_completes_a_line(self):
        for program, line, wanted in (
            (self.programs.skiff, "insp", "skiff inspect "),
            (self.programs.skiff, "diff --cod", "skiff diff --codec "),
            (self.programs.skiff, "diff --codec z", "skiff diff --codec zstd "),
            (self.programs.server, "group rem", "skiff-server group remove "),
        ):
            script, dump = self.script(program, "zsh"), self.folder / "dump"
            made = run_well("zsh", "-fc", ZSH, "zsh", dump, script, f"{program.name} {line}")
            self.assertEqual(made.rstrip("\n"), wanted)

    def test_an_unknown_shell_is_refused(self):
        self.assertEqual(run(self.programs.skiff, "completion", "csh").returncode, 2)


if __name__ == "__main__":
    unittest.main()
