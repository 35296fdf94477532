"""Terraform with the real AWS provider against an engine. Absent terraform or provider: skipped loudly, failed with CI=true.

The provider comes from a filesystem mirror: SCALEOUT_TERRAFORM_MIRROR, or found where such mirrors usually lie.
"""
import json
import os
import pathlib
import shutil
import subprocess
import time

from harness.engine import ROOT, absent, need

STACK = ROOT / "terraform/stacks/http-api"
PROVIDER = "registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_v*"
USUAL_MIRRORS = ("/opt", "/usr/local/share/terraform", "/usr/share/terraform", "~/.terraform.d", "~/.local/share/terraform")


def mirror():
    """The folder above the host's folder."""
    given = os.environ.get("SCALEOUT_TERRAFORM_MIRROR")
    for base in [given] if given else USUAL_MIRRORS:
        base = pathlib.Path(base).expanduser()
        for folder in [base, *base.glob("*")]:
            if any(folder.glob(PROVIDER)):
                return folder
    return absent("a mirror of the Terraform AWS provider (set SCALEOUT_TERRAFORM_MIRROR)")


class Terraform:
    """One root module in a folder of its own, with a state of its own, against one engine."""

    def __init__(self, engine, folder, root=STACK, variables=None):
        self.program = need("terraform")
        self.engine, self.variables = engine, dict(variables or {})
        self.root = folder / "terraform"
        # A copy: what terraform writes beside a root must not end in the checkout.
        files = ROOT / "terraform"
        shutil.copytree(files, self.root, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        self.folder = self.root / (root.relative_to(files) if root.is_relative_to(files) else root.name)
        if not self.folder.exists():
            shutil.copytree(root, self.folder)
        settings = folder / "cli.tfrc"
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror()}" }}\n}}\n')
        self.environment = {**engine.client_environment(), "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1",
                            "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        self.run("init", "-backend=true")

    def start(self, *arguments):
        return subprocess.Popen([self.program, *map(str, arguments)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, *arguments, codes=(0,), timeout=240):
        began = time.monotonic()
        plain = [] if arguments[0] == "state" else ["-no-color"]
        process = self.start(arguments[0], *plain, *arguments[1:])
        try:
            output = process.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
            output = process.communicate(timeout=60)[0]
            raise AssertionError(f"terraform {arguments[0]} took more than {timeout} s\n{output}") from None
        assert process.returncode in codes, f"terraform {' '.join(map(str, arguments))}\n{output}"
        print(f"terraform {arguments[0]}: {time.monotonic() - began:.1f} s")
        return process.returncode, output

    def given(self):
        path = self.folder / "given.tfvars.json"
        path.write_text(json.dumps(self.variables))
        return [f"-var-file={path}"]

    def apply(self, **options):
        return self.run("apply", "-auto-approve", *self.given(), **options)[1]

    def plan_is_empty(self):
        """Fails with the plan that is not."""
        code, output = self.run("plan", "-detailed-exitcode", "-lock=false", *self.given(), codes=(0, 2))
        assert code == 0, f"the plan is not empty\n{output}"

    def destroy(self):
        return self.run("destroy", "-auto-approve", *self.given())[1]

    def output(self, name):
        return json.loads(self.run("output", "-json", name)[1])

    def resources(self):
        return [line for line in self.run("state", "list")[1].splitlines() if line]
