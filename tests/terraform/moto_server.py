"""moto as a server on a free port of loopback; its first line on standard output is the URL. For pipeline_test.py.

moto asks every CodeBuild project for locations; AWS wants none where CodePipeline hands source and artifacts over
(https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html). And it writes CodePipeline's times as text, where AWS's
JSON protocol has numbers, which the provider insists on. Those two are put right here.
"""
import sys

from moto.codebuild import responses
from moto.codepipeline import models
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def loosened(check):
    return lambda given: None if given["type"] == "CODEPIPELINE" else check(given)


def main():
    for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
        setattr(responses, name, loosened(getattr(responses, name)))
    models.iso_8601_datetime_with_milliseconds = lambda when: when.timestamp()
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdout.close()
    server.serve_forever()


if __name__ == "__main__":
    main()
