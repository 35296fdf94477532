"""`scaleout report`, and `load --report`: files from a saved run, and what is said about a file that is none."""
import json
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from test_load import SCALEOUT, load, service, url  # noqa: F401

RUN = {
    "version": 1, "title": "A <b> & \"c\"", "started_at_ms": 1790000000000, "seconds": 60, "time_scale": 20, "cpu_target_percent": 80,
    "series": {"cpu_percent": {"period_seconds": 3, "points": [[3, 40], [6, 90], [9, None], [12, 50]]},
               "tasks_running": {"period_seconds": 0, "points": [[0, 1], [10, 2]]}},
    "marks": [{"at": 10, "kind": "task", "change": 1, "subject": "task/<2>", "text": "", "cause": ""}]}


def report(*arguments, cwd=None):
    return subprocess.run([SCALEOUT, "report", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(RUN))
    return path


def test_a_saved_run_becomes_one_file_of_html(saved, tmp_path):
    done = report(saved, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "report.html\n"
    html = (tmp_path / "report.html").read_text()
    assert "<script" not in html and "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "A &lt;b&gt; &amp; &quot;c&quot;" in html and "task/&lt;2&gt;" in html
    svg = xml.etree.ElementTree.fromstring(html[html.index("<svg"):html.index("</svg>") + 6])
    assert svg.get("role") == "img" and svg[0].text == RUN["title"]


def test_the_same_as_png(saved, tmp_path):
    if shutil.which("rsvg-convert") is None:
        pytest.skip("librsvg2-bin is not installed")
    done = report(saved, "--png", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(data[16:20], "big") == 1800
    assert not (tmp_path / "report.html").exists()


def test_without_the_renderer_it_names_the_package(saved, tmp_path):
    done = subprocess.run([SCALEOUT, "report", saved, "--png", tmp_path / "a.png"], capture_output=True, text=True, check=False,
                          env={"PATH": str(tmp_path)})
    assert done.returncode == 1 and "librsvg2-bin" in done.stderr
    assert not (tmp_path / "a.png").exists()
    (tmp_path / "a.png").write_bytes(b"the old picture")
    subprocess.run([SCALEOUT, "report", saved, "--png", tmp_path / "a.png"], check=False, env={"PATH": str(tmp_path)})
    assert (tmp_path / "a.png").read_bytes() == b"the old picture"


@pytest.mark.parametrize("text, what", [
    ("{", "is no JSON"), ("{}", "has no 'version'"), (json.dumps({**RUN, "seconds": 0}), "'seconds'"),
    (json.dumps({**RUN, "series": {"cpu_percent": {"period_seconds": 3, "points": [[1]]}}}), "series 'cpu_percent'")])
def test_what_is_no_run_is_exit_2(tmp_path, text, what):
    path = tmp_path / "run.json"
    path.write_text(text)
    done = report(path, "--html", tmp_path / "a.html")
    assert done.returncode == 2 and what in done.stderr and "hint: " in done.stderr
    assert not (tmp_path / "a.html").exists()


def test_files_that_cannot_be_read_or_written_are_exit_1(saved, tmp_path):
    assert "cannot read" in report(tmp_path / "none.json").stderr
    done = report(saved, "--html", tmp_path / "no" / "a.html")
    assert done.returncode == 1 and "cannot write" in done.stderr


def test_load_writes_a_report_of_itself(url, tmp_path):  # noqa: F811
    load(url, "--rate", "50", "--duration", "1s", "--report", str(tmp_path / "load.html"))
    html = (tmp_path / "load.html").read_text()
    assert "50 requests, none failed" in html and "Latency from the due time" in html
