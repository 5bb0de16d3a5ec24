"""What docs/deploy offers is tried: nginx passes on what is for others alone, the dashboard asks for what is there."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rig import ROOT, Rig, free_port, wait_for

from bot.metrics import Meter, exposition
from bot.vitals import Vitals

DEPLOY = ROOT / "docs" / "deploy"
VITALS = Vitals(1, 2.0, 3, 4, {"sms": 5}, 6.0, 7.0, 8, 9)


def test_the_dashboard_asks_for_what_is_there() -> None:
    """Every metric in grafana.json, and in the alerts that are worth having, is one that /metrics gives."""
    told = exposition(Meter(), VITALS)[0].decode()
    given = set(re.findall(r"^(listened_\w+)", told, re.MULTILINE)) | {"listened_events_total"}
    panels = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"]
    asked = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    alerts = (DEPLOY / "many-machines.md").read_text(encoding="utf-8").partition("Worth an alert")[2]
    assert len(panels) == 9
    assert set(re.findall(r"listened_\w+", asked + alerts)) <= given


@pytest.fixture
def proxy(fresh_rig: Rig) -> Iterator[tuple[Rig, str]]:
    """Nginx with the file of docs/deploy before a server; only ports, names and files are ours."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("nginx is not here: docs/deploy/nginx.conf was not tried")
    port, folder = free_port(), fresh_rig.folder
    _certificate(folder)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace("127.0.0.1:8001", f"127.0.0.1:{free_port()}")  # the first one is down
    text = text.replace("127.0.0.1:8002", f"127.0.0.1:{fresh_rig.port}")
    text = re.sub(r"/etc/letsencrypt/live/[^/]+/", f"{folder}/", text)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;\n"
        f"events {{}}\nhttp {{\nclient_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n{text}}}\n"
    )
    process = subprocess.Popen([program, "-p", str(folder), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        yield fresh_rig, f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _certificate(folder: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    (folder / "fullchain.pem").write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    plain = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))


@pytest.mark.only_sqlite  # of nginx, and not of the engine
def test_nginx_passes_on_what_is_for_others(proxy: tuple[Rig, str]) -> None:
    """A text comes through and is answered, also when the first server is down; what is ours alone is not there."""
    made, front = proxy
    made.serve()
    with httpx.Client(verify=False, timeout=60) as client:  # noqa: S501 - a certificate that we made just now
        webhook = made.webhook("sms", "+447700900488", "the lift is stuck again")
        path = webhook.url.partition(made.settings.public_base_url)[2]
        assert wait_for(lambda: _answers(client, front), 20)
        answer = client.post(f"{front}{path}", content=webhook.body, headers=webhook.headers)
        assert answer.status_code == 200
        assert wait_for(lambda: len(made.providers.sent_to("sms", "+447700900488")) == 2)
        assert client.get(f"{front}/healthz").status_code == 200
        for ours in ("/metrics", "/readyz", "/", "/demo/state"):
            assert client.get(f"{front}{ours}").status_code == 404


def _answers(client: httpx.Client, front: str) -> bool:
    try:
        return client.get(f"{front}/privacy").status_code == 200
    except httpx.HTTPError:
        return False
