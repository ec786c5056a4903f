"""The examples of docs/ci do what they say: their steps are run, as CI would run them, against a server."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

import images
from fleet import Fleet
from operators import Operators
from programs import TIMEOUT, programs, run_well

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "ci"
IS_TAG = {"github.ref_type == 'tag'": True, "github.ref_type != 'tag'": False}  # when a step is run; any other is unknown


class CiTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.fleet = Fleet(programs(), scratch.name)
        self.addCleanup(self.fleet.close)
        server = self.fleet.start_server("--workers", "0", "--operator-listen", "127.0.0.1:0", "--deployments-only")
        self.operators = Operators(self.fleet, server)
        for words in (("test",), ("production", "--filter", "hardware=gw1", "--protected")):
            run_well(self.fleet.programs.server, "group", "create", *words, "--state", self.operators.state)
        self.viewer = self.operators.token("vic", "viewer")
        self.key = self.fleet.keys / "releases.key"
        self.secrets = {
            "SKIFF_TOKEN": self.operators.token("ci", "releaser"),
            "SKIFF_APPROVER_TOKEN": self.operators.token("approver", "releaser", "--group", "production"),
        }
        self.make_source()

    def make_source(self):
        """What is checked out: the trusted root, the server's authority, and a build that takes no time."""
        self.source = self.fleet.folder / "source"
        (self.source / "keys").mkdir(parents=True)
        (self.source / "keys" / "root.json").write_bytes((self.fleet.repo / "metadata" / "1.root.json").read_bytes())
        (self.source / "keys" / "server-ca.pem").write_bytes(self.operators.ca.read_bytes())
        self.fleet.write_image("source/built", images.image(1, 16))
        (self.source / "Makefile").write_text("image.img:\n\tcp built image.img\n")

    def run_step(self, script, environment):
        """A step that is to succeed, in a shell that ends at the first error."""
        places = {"HOME": str(self.source), "PATH": f"{self.fleet.programs.skiff.parent}:{os.environ['PATH']}", "NO_PROXY": "*"}
        words = ["bash", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(words, cwd=self.source, env={**places, **environment}, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")

    def read_variables(self, name):
        """Lines NAME=VALUE of a file, which there may be."""
        path = self.source / name
        return dict(line.split("=", 1) for line in path.read_text().splitlines()) if path.exists() else {}

    def releases(self):
        return self.operators.get(self.viewer, "/v1/releases")[1]["releases"]

    def deployments(self):
        return self.operators.get(self.viewer, "/v1/deployments")[1]["deployments"]

    def check_nightly(self):
        self.assertRegex(self.releases()[0]["release"], r"^releases/gw1-nightly-[\d-]+\.img$")
        self.assertEqual([(one["group"], one["phases"], one["created_by"]) for one in self.deployments()], [("test", "100%", "ci")])

    def check_tagged(self):
        self.assertEqual([(one["release"], one["version"]) for one in self.releases()], [("releases/gw1-2.0.img", "2.0")])
        deployment = self.deployments()[0]
        self.assertEqual((deployment["group"], deployment["phases"], deployment["state"]), ("production", "1% 10% 100%", "running"))
        self.assertEqual(deployment["approved"], [{"group": "production", "who": "approver"}])

    def run_github(self, is_tag):
        workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text())
        values = {f"secrets.{name}": value for name, value in self.secrets.items()}
        values |= {"vars.SKIFF_SERVER": f"https://localhost:{self.operators.port}", "secrets.RELEASES_KEY": self.key.read_text()}

        def filled(mapping):
            return {name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values[found[1]], value) for name, value in mapping.items()}

        given = {"GITHUB_REF_TYPE": "tag" if is_tag else "branch", "GITHUB_REF_NAME": "v2.0" if is_tag else "main"}
        given |= {"GITHUB_ENV": "github.env", "GITHUB_OUTPUT": "github.output"}
        for name, job in workflow["jobs"].items():
            if "if" in job and IS_TAG[job["if"]] != is_tag:
                continue
            (self.source / "github.env").unlink(missing_ok=True)
            for step in job["steps"]:
                if "uses" in step or ("if" in step and IS_TAG[step["if"]] != is_tag):
                    continue
                environment = {**given, **filled(workflow["env"]), **filled(job.get("env", {})), **filled(step.get("env", {}))}
                self.run_step(step["run"], {**environment, **self.read_variables("github.env")})
                outputs = self.read_variables("github.output").items()
                values |= {f"steps.{step['id']}.outputs.{key}": value for key, value in outputs if "id" in step}
            if is_tag:
                values |= {f"needs.{name}.outputs.{key}": value for key, value in filled(job.get("outputs", {})).items()}

    def run_gitlab(self, is_tag):
        pipeline = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text())
        given = {**pipeline["variables"], "SKIFF_SERVER": f"https://localhost:{self.operators.port}", "RELEASES_KEY": str(self.key)}
        given |= {**self.secrets, **({"CI_COMMIT_TAG": "v2.0"} if is_tag else {"CI_PIPELINE_SOURCE": "schedule"})}
        conditions = {"$CI_COMMIT_TAG": is_tag, '$CI_PIPELINE_SOURCE == "schedule"': not is_tag}
        jobs = [job for job in pipeline.values() if isinstance(job, dict) and "stage" in job]
        for job in sorted(jobs, key=lambda job: pipeline["stages"].index(job["stage"])):
            if not any(conditions[rule["if"]] for rule in job.get("rules", pipeline["workflow"]["rules"])):
                continue
            for part in ("script", "after_script"):
                self.run_step("\n".join(job.get(part, [])), given)
            given |= self.read_variables(job.get("artifacts", {}).get("reports", {}).get("dotenv", "none"))

    def test_github_brings_a_nightly_to_the_test_group(self):
        self.run_github(is_tag=False)
        self.check_nightly()

    def test_github_brings_a_tag_to_production_in_phases(self):
        self.run_github(is_tag=True)
        self.check_tagged()
        self.assertFalse((self.source / "releases.key").exists())

    def test_gitlab_brings_a_nightly_to_the_test_group(self):
        self.run_gitlab(is_tag=False)
        self.check_nightly()

    def test_gitlab_brings_a_tag_to_production_in_phases(self):
        self.run_gitlab(is_tag=True)
        self.check_tagged()
        self.assertFalse((self.source / "releases.key").exists())


if __name__ == "__main__":
    unittest.main()
