"""Certificates that Terraform asks for and imports, a listener that shows them, and Cloud Map's namespaces: the real provider."""
import subprocess

import pytest

from harness.engine import ROOT, need
from harness.waiting import wait_for
from terraform import Terraform

ENGINE = dict(time_scale=20)


def own_certificate(folder, name):
    """Made by openssl, as a user would."""
    body, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run([need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-out", body, "-keyout", key], check=True, capture_output=True)
    return {"body": body.read_text(), "key": key.read_text()}


@pytest.fixture(scope="module")
def site(engine, tmp_path_factory):
    need("haproxy")
    folder = tmp_path_factory.mktemp("certificate")
    made = Terraform(engine, folder, root=ROOT / "tests/terraform/certificate",
                     variables={"imported": own_certificate(folder, "own.example.net")})
    made.apply()
    return made


def curl(site, name, trusted, *arguments):
    path = site.folder / "trusted.pem"
    path.write_text(trusted)
    address = site.output("address")
    return subprocess.run([need("curl"), "--silent", "--show-error", "--max-time", "10", "--cacert", path, "--resolve", f"{name}:8443:{address}",
                           *arguments, f"https://{name}:8443/"], capture_output=True, text=True, check=False)


def test_the_listener_shows_both_certificates(site):
    authority = site.output("authority")
    wait_for(lambda: curl(site, "www.example.com", authority).stdout == "over TLS", 20, "the listener")
    assert curl(site, "own.example.net", site.variables["imported"]["body"]).stdout == "over TLS"
    assert curl(site, "own.example.net", authority).returncode == 60


def test_data_sources_find_what_was_made(site):
    assert site.output("found") is True


def test_the_second_plan_is_empty(site):
    site.plan_is_empty()


def test_changes_keep_the_listener(site, engine, tmp_path):
    listener = engine.client("elbv2").describe_listeners(LoadBalancerArn=balancer(engine))["Listeners"][0]["ListenerArn"]
    site.variables |= {"names": ["www.example.com"], "ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
                       "imported": own_certificate(tmp_path, "own.example.net"), "namespace": "services"}
    site.apply()
    site.plan_is_empty()
    after = engine.client("elbv2").describe_listeners(LoadBalancerArn=balancer(engine))["Listeners"][0]
    assert after["ListenerArn"] == listener and after["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-3-2021-06"
    wait_for(lambda: curl(site, "own.example.net", site.variables["imported"]["body"]).stdout == "over TLS", 20, "the certificate imported anew")
    assert curl(site, "www.example.com", site.output("authority"), "--tls-max", "1.2").returncode == 35


def balancer(engine):
    return engine.client("elbv2").describe_load_balancers(Names=["certificate"])["LoadBalancers"][0]["LoadBalancerArn"]


def test_destroy_leaves_nothing(site, engine):
    site.destroy()
    assert engine.client("acm").list_certificates(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})["CertificateSummaryList"] == []
    assert engine.client("servicediscovery").list_namespaces()["Namespaces"] == []
    assert engine.client("ecs").list_clusters()["clusterArns"] == []
