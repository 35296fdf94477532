"""docs/terraform.md, followed to the letter: its blocks of commands, in a shell, as a new user would."""
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request

import pytest

from harness.engine import ROOT, build_folder, binary, need
from harness.waiting import wait_for
from terraform import mirror

DOCUMENT = ROOT / "docs/terraform.md"


def block_below(heading):
    section = DOCUMENT.read_text().split(f"\n## {heading}\n")[1]
    return re.search(r"```\n(.*?)```", section, re.DOTALL)[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_engine(port):
    """Whatever came of the commands: nothing of it runs on."""
    def refuses():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0
    if not refuses():
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/_scaleout/shutdown", method="POST"), timeout=10).close()
    wait_for(refuses, 60, "the end of the engine")


@pytest.fixture
def checkout(tmp_path):
    """What git would give, as far as the document needs it, and the build that it begins with."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "terraform", folder / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    (folder / "build").mkdir()
    (folder / "build/release").symlink_to(build_folder().resolve())
    return folder


def test_the_document_leads_to_an_answer_of_the_service(checkout, tmp_path):
    for tool in ("terraform", "curl", "haproxy", "bwrap"):
        need(tool)
    binary("scaleout")
    port, state = free_port(), tmp_path / "s"
    commands = block_below("From nothing to local") + block_below("Taking it down")
    # The build is there, and this machine's port 4566 and state directory are somebody else's. All else is the document's.
    for words, instead in (("make build && ", ""), ("scaleout engine ", f"scaleout engine --listen 127.0.0.1:{port} --state {state} "),
                           ("scaleout env", f"scaleout env --endpoint-url http://127.0.0.1:{port}"),
                           ("--binary ../../../build/release/bin/http-api", f"--binary {binary('http-api')}")):
        assert words in commands, words
        commands = commands.replace(words, instead)
    settings = tmp_path / "cli.tfrc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror()}" }}\n}}\n')
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SCALEOUT_", "TF_"))}
    environment |= {"TF_CLI_CONFIG_FILE": str(settings), "TF_CLI_ARGS_apply": "-auto-approve -no-color",
                    "TF_CLI_ARGS_destroy": "-auto-approve -no-color", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1",
                    "HOME": str(tmp_path)}
    try:
        # What runs in the background must not hold the pipe.
        commands = commands.replace(" &  ", f" > {tmp_path}/engine.log 2>&1 &  ")
        done = subprocess.run(["bash", "-e", "-c", commands], cwd=checkout, env=environment, capture_output=True, text=True, timeout=400, check=False)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        assert re.search(r'^\{"0":', done.stdout, re.MULTILINE) and "Destroy complete!" in done.stdout, done.stdout[-2000:]
    finally:
        end_engine(port)


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_image_for_aws_is_built_for_its_nodes_and_pushed_to_their_repository(checkout, tmp_path, new_engine):
    """As far as the push, against an engine and with a Docker that only notes what it is told."""
    engine = new_engine(runtime="fake", extra=("--balancer", "fake")).start()
    commands = block_below("From nothing to AWS").split("terraform apply\n")[0].replace("aws configure ", "true ")
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    program(programs, "docker", f'echo "docker $*" >> {log}; [ "$1" != login ] || grep -q . || exit 1')
    program(programs, "aws", f'echo "aws $*" >> {log}; exec "{sys.executable}" -m awscli "$@"')
    settings = tmp_path / "cli.tfrc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror()}" }}\n}}\n')
    environment = engine.client_environment() | {"PATH": f"{programs}:{os.environ['PATH']}", "TF_CLI_CONFIG_FILE": str(settings), "TF_INPUT": "0",
                                                 "TF_CLI_ARGS_apply": "-auto-approve -no-color", "CHECKPOINT_DISABLE": "1",
                                                 "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}  # the CLI's is another than the stack's
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", commands], cwd=checkout, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    image = f"{registry}/http-api:latest"
    told = log.read_text().splitlines()
    assert sorted(told[:2]) + told[2:] == [  # the two ends of a pipe begin as they like
        "aws ecr get-login-password --region us-east-1", f"docker login --username AWS --password-stdin {registry}",
        f"docker build --platform linux/amd64 --file ../../../app/Dockerfile --tag {image} ../../..", f"docker push {image}"]


def test_the_stacks_readme_has_the_documents_commands():
    commands = [line.split(" #")[0].strip() for line in block_below("From nothing to AWS").splitlines()]
    readme = (ROOT / "terraform/stacks/http-api/README.md").read_text()
    assert [command for command in commands if command not in readme] == ["cd terraform/stacks/http-api"]
