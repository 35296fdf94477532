"""The files themselves: formatted, valid, their READMEs' tables up to date. No engine runs."""
import os
import shutil
import subprocess
import sys

import pytest

from harness.engine import ROOT, need
from terraform import mirror

FILES = ROOT / "terraform"
ROOTS = sorted(str(p.parent.relative_to(FILES)) for pattern in ("modules/*/main.tf", "stacks/*/main.tf", "examples/*/main.tf") for p in FILES.glob(pattern))


def test_files_are_formatted():
    done = subprocess.run([need("terraform"), "fmt", "-recursive", "-check", "-diff", FILES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_tables_of_the_readmes_are_up_to_date():
    done = subprocess.run([sys.executable, FILES / "readme.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    shutil.copytree(FILES, folder / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
    settings = folder / "cli.tfrc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror()}" }}\n}}\n')
    return folder / "terraform", {**os.environ, "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}


@pytest.mark.parametrize("root", ROOTS)
def test_every_root_is_valid_and_uses_nothing_deprecated(copied, root):
    folder, environment = copied
    for command in (["init", "-backend=false"], ["validate", "-json"]):
        done = subprocess.run([need("terraform"), *command], cwd=folder / root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert '"warning_count": 0' in done.stdout and '"error_count": 0' in done.stdout, done.stdout
