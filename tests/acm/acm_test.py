"""Certificates and HTTPS listeners, with a real HAProxy and clients that trust nobody but the engine's authority."""
import datetime
import socket
import ssl
import subprocess
import urllib.request
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.engine import need
from harness.refusal import refused
from harness.waiting import wait_for

ENGINE = dict(time_scale=60)


@pytest.fixture(scope="module")
def acm(engine):
    return engine.client("acm")


@pytest.fixture(scope="module")
def elbv2(engine):
    need("haproxy")
    return engine.client("elbv2")


@pytest.fixture(scope="module")
def authority(engine, acm, tmp_path_factory):
    """A file that clients trust; it exists with the first certificate."""
    acm.request_certificate(DomainName="first.example.com", KeyAlgorithm="EC_prime256v1")
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    with urllib.request.urlopen(engine.url + "/_scaleout/authority.pem", timeout=10) as answer:
        path.write_bytes(answer.read())
    return path


def self_signed(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256()))
    return (made.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


class Site:
    """A load balancer whose HTTPS listener answers by itself, and an HTTP one that sends clients there."""

    def __init__(self, engine, certificate, policy=None):
        self.elbv2 = engine.client("elbv2")
        subnets = [s["SubnetId"] for s in engine.client("ec2").describe_subnets()["Subnets"]][:2]
        made = self.elbv2.create_load_balancer(Name="t-" + uuid.uuid4().hex[:12], Subnets=subnets)["LoadBalancers"][0]
        self.arn, self.address = made["LoadBalancerArn"], made["DNSName"]
        fixed = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "over TLS"}
        self.listener = self.elbv2.create_listener(
            LoadBalancerArn=self.arn, Protocol="HTTPS", Port=8443, Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
            **({"SslPolicy": policy} if policy else {}))["Listeners"][0]
        self.elbv2.create_listener(LoadBalancerArn=self.arn, Protocol="HTTP", Port=8080, DefaultActions=[
            {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "8443", "StatusCode": "HTTP_301"}}])
        for port in (8080, 8443):
            wait_for(lambda port=port: self.listens(port), 20, f"the listener on port {port}")

    def listens(self, port):
        with socket.socket() as client:
            client.settimeout(2)
            return client.connect_ex((self.address, port)) == 0

    def curl(self, name, authority, *arguments, scheme="https", port=8443):
        resolved = [part for p in (8080, 8443) for part in ("--resolve", f"{name}:{p}:{self.address}")]
        return subprocess.run([need("curl"), "--silent", "--show-error", "--max-time", "10", "--cacert", authority, *resolved, *arguments,
                               f"{scheme}://{name}:{port}/"], capture_output=True, text=True, check=False)

    def shown(self, name):
        """Who the certificate is for that a client of this name is shown."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.address, 8443), 5) as plain, context.wrap_socket(plain, server_hostname=name) as client:
            found = x509.load_der_x509_certificate(client.getpeercert(binary_form=True))
            return found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)

    def close(self):
        self.elbv2.delete_load_balancer(LoadBalancerArn=self.arn)


@pytest.fixture(scope="module")
def site(engine, acm, elbv2, authority):
    certificate = acm.request_certificate(DomainName="api.example.com", SubjectAlternativeNames=["*.api.example.com"],
                                          ValidationMethod="DNS")["CertificateArn"]
    made = Site(engine, certificate)
    yield made
    made.close()


def test_a_requested_certificate_is_shown_and_trusted(site, authority):
    done = site.curl("api.example.com", authority)
    assert (done.returncode, done.stdout) == (0, "over TLS"), done.stderr
    assert site.curl("blue.api.example.com", authority).stdout == "over TLS"
    other = site.curl("www.example.org", authority)
    assert other.returncode == 60 and "certificate" in other.stderr


def test_http_2_is_spoken_too(site, authority):
    done = site.curl("api.example.com", authority, "--http2", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}")
    assert done.stdout == "2 200", done.stderr


def test_http_redirects_to_https(site, authority):
    done = site.curl("api.example.com", authority, "--location", "--write-out", " %{num_redirects} %{url_effective}", scheme="http", port=8080)
    assert done.stdout == "over TLS 1 https://api.example.com:8443/", done.stderr


def test_several_certificates_are_chosen_by_name(site, acm, elbv2, authority):
    other = acm.request_certificate(DomainName="www.example.org", KeyAlgorithm="EC_prime256v1")["CertificateArn"]
    listener = site.listener["ListenerArn"]
    elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    listed = elbv2.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert [(c["CertificateArn"] == other, c["IsDefault"]) for c in listed] == [(False, True), (True, False)]
    wait_for(lambda: site.shown("www.example.org") == ["www.example.org"], 20, "the certificate that was added")
    assert site.curl("www.example.org", authority).stdout == "over TLS"
    assert site.shown("api.example.com") == ["api.example.com", "*.api.example.com"]
    assert site.shown("nobody.example.net") == ["api.example.com", "*.api.example.com"]  # the default one
    assert acm.describe_certificate(CertificateArn=other)["Certificate"]["InUseBy"] == [site.arn]
    refused("ResourceInUseException", acm.delete_certificate, CertificateArn=other)
    elbv2.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    wait_for(lambda: site.shown("www.example.org") == ["api.example.com", "*.api.example.com"], 20, "the end of the certificate")
    acm.delete_certificate(CertificateArn=other)
    refused("OperationNotPermitted", elbv2.remove_listener_certificates, ListenerArn=listener, Certificates=[listed[0]])


def test_a_certificate_that_is_imported_anew_is_shown_at_once(site, acm, elbv2, tmp_path):
    body, key = self_signed("own.example.com")
    arn = acm.import_certificate(Certificate=body, PrivateKey=key)["CertificateArn"]
    elbv2.add_listener_certificates(ListenerArn=site.listener["ListenerArn"], Certificates=[{"CertificateArn": arn}])
    trusted = tmp_path / "own.pem"
    trusted.write_bytes(body)
    wait_for(lambda: site.curl("own.example.com", trusted).stdout == "over TLS", 20, "the imported certificate")
    again, key = self_signed("own.example.com")
    assert acm.import_certificate(CertificateArn=arn, Certificate=again, PrivateKey=key)["CertificateArn"] == arn
    trusted.write_bytes(again)
    wait_for(lambda: site.curl("own.example.com", trusted).stdout == "over TLS", 20, "the new certificate")
    elbv2.remove_listener_certificates(ListenerArn=site.listener["ListenerArn"], Certificates=[{"CertificateArn": arn}])
    acm.delete_certificate(CertificateArn=arn)


def test_a_security_policy_bounds_the_versions(site, elbv2, authority):
    listener = site.listener["ListenerArn"]
    assert site.listener["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    elbv2.modify_listener(ListenerArn=listener, SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
    wait_for(lambda: site.curl("api.example.com", authority, "--tls-max", "1.2").returncode == 35, 20, "the end of TLS 1.2")
    assert site.curl("api.example.com", authority).stdout == "over TLS"
    refused("SSLPolicyNotFound", elbv2.modify_listener, ListenerArn=listener, SslPolicy="ELBSecurityPolicy-2099")
    elbv2.modify_listener(ListenerArn=listener, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")
    wait_for(lambda: site.curl("api.example.com", authority, "--tls-max", "1.2").stdout == "over TLS", 20, "TLS 1.2 again")


def test_https_outlives_the_engine(site, engine, authority):
    engine.kill()
    assert site.curl("api.example.com", authority).stdout == "over TLS"
    engine.start()
    assert site.curl("api.example.com", authority).stdout == "over TLS"


def test_a_listener_becomes_https_and_http_again(acm, elbv2, engine, site):
    listeners = elbv2.describe_listeners(LoadBalancerArn=site.arn)["Listeners"]
    plain = next(one for one in listeners if one["Protocol"] == "HTTP")
    certificate = site.listener["Certificates"][0]["CertificateArn"]
    refused("CertificateNotFound", elbv2.modify_listener, ListenerArn=plain["ListenerArn"], Protocol="HTTPS")
    changed = elbv2.modify_listener(ListenerArn=plain["ListenerArn"], Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}])
    assert changed["Listeners"][0]["Certificates"] == [{"CertificateArn": certificate}]
    back = elbv2.modify_listener(ListenerArn=plain["ListenerArn"], Protocol="HTTP")["Listeners"][0]
    assert "Certificates" not in back and "SslPolicy" not in back


def test_the_cli_reads_what_boto3_made(engine, acm):
    arn = acm.request_certificate(DomainName="cli.example.com", Tags=[{"Key": "team", "Value": "web"}])["CertificateArn"]
    shown = engine.aws("acm", "describe-certificate", "--certificate-arn", arn)["Certificate"]
    assert shown["Status"] == "ISSUED" and shown["DomainValidationOptions"][0]["ValidationEmails"][0] == "admin@cli.example.com"
    assert engine.aws("acm", "list-tags-for-certificate", "--certificate-arn", arn)["Tags"] == [{"Key": "team", "Value": "web"}]
    assert "BEGIN CERTIFICATE" in engine.aws("acm", "get-certificate", "--certificate-arn", arn)["CertificateChain"]
    acm.get_waiter("certificate_validated").wait(CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    acm.delete_certificate(CertificateArn=arn)
    refused("ResourceNotFoundException", acm.describe_certificate, CertificateArn=arn)


def test_private_keys_are_read_by_nobody_else(engine, site):
    files = list(engine.state.rglob("certificate-*.pem"))
    assert files and all(f.parent.stat().st_mode & 0o077 == 0 for f in files)
