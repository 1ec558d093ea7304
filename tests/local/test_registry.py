"""The local cloud's container registry, over HTTP: its own storage."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from docker_engine import docker
from modelyard.clock import SystemClock
from modelyard.errors import Unauthenticated
from modelyard.images import reference, registry
from modelyard.images.layout import CONFIG, LAYER, MANIFEST, Layout, Manifest
from modelyard.images.registry_login import REFRESH_TOKEN_USER, Login
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "registry")
CLOCK = SystemClock()
HOST = "modelyardlocal.azurecr.io"
DATA = bytes(range(256)) * 4096
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module", autouse=True)
def own_storage() -> Iterator[None]:
    """Also where the program docker-registry is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelyard.local.cloud.registry.urls.PROGRAM", "not-installed")
        yield


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def image(layout: Layout, data: bytes = DATA) -> Manifest:
    config = layout.put(b'{"os": "linux"}', CONFIG)
    layer = layout.put(data, LAYER)
    body = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.document(),
        "layers": [layer.document()],
    }
    manifest = layout.put_json(body, MANIFEST)
    layout.tag([], manifest)
    return layout.read_manifest(manifest)


def name(cloud: LocalCloud, text: str) -> reference.ImageReference:
    return reference.parse(f"{cloud.url.removeprefix('http://')}/{text}")


def test_an_image_comes_back_as_it_was_pushed(
    cloud: LocalCloud, layout: Layout, tmp_path: Path
) -> None:
    pushed = image(layout)
    target = registry.connect(name(cloud, "team/wine"), clock=CLOCK, write=True)
    digest = registry.push(target, layout, pushed, "7")
    for version in ("7", digest):
        back = Layout(tmp_path / version.replace(":", "-"))
        assert registry.pull(target, version, back, "amd64") == pushed
        assert back.path(pushed.layers[0].digest).read_bytes() == DATA


def test_tags_and_repositories_are_listed_page_by_page(
    cloud: LocalCloud, layout: Layout, http: requests.Session
) -> None:
    pushed = image(layout)
    target = registry.connect(name(cloud, "listed"), clock=CLOCK, write=True)
    for tag in ("1", "2", "3"):
        registry.push(target, layout, pushed, tag)
    first = http.get(f"{cloud.url}/v2/listed/tags/list?n=2")
    assert first.json() == {"name": "listed", "tags": ["1", "2"]}
    assert first.links["next"]["url"] == "/v2/listed/tags/list?n=2&last=2"
    second = http.get(cloud.url + first.links["next"]["url"])
    assert second.json()["tags"] == ["3"]
    assert "next" not in second.links
    assert "listed" in http.get(f"{cloud.url}/v2/_catalog").json()["repositories"]


def begin(http: requests.Session, cloud: LocalCloud, query: str = "") -> requests.Response:
    return http.post(f"{cloud.url}/v2/up/blobs/uploads/{query}", data=b"")


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["errors"][0]["code"])


def test_a_blob_may_come_in_pieces(cloud: LocalCloud, http: requests.Session) -> None:
    begun = begin(http, cloud)
    assert begun.status_code == 202
    where = cloud.url + begun.headers["Location"]
    half = len(DATA) // 2
    first = http.patch(where, data=iter([DATA[:100], DATA[100:half]]))  # chunked
    assert (first.status_code, first.headers["Range"]) == (202, f"0-{half - 1}")
    header = {"Content-Range": f"{half}-{len(DATA) - 1}"}
    second = http.patch(where, data=DATA[half:], headers=header)
    assert second.headers["Range"] == f"0-{len(DATA) - 1}"
    assert http.get(where).status_code == 204
    done = http.put(where, params={"digest": DIGEST})
    assert (done.status_code, done.headers["Docker-Content-Digest"]) == (201, DIGEST)
    assert http.get(cloud.url + done.headers["Location"]).content == DATA
    assert code(http.get(where)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_piece_in_the_wrong_place_is_refused(cloud: LocalCloud, http: requests.Session) -> None:
    where = cloud.url + begin(http, cloud).headers["Location"]
    answer = http.patch(where, data=b"x", headers={"Content-Range": "5-5"})
    assert code(answer) == (416, "BLOB_UPLOAD_INVALID")
    assert http.delete(where).status_code == 204
    assert code(http.patch(where, data=b"x")) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, "md5:1", ""])
def test_content_that_is_not_what_its_digest_says_is_refused(
    cloud: LocalCloud, http: requests.Session, digest: str
) -> None:
    where = cloud.url + begin(http, cloud).headers["Location"]
    answer = http.put(where, params={"digest": digest}, data=b"something")
    assert code(answer) == (400, "DIGEST_INVALID")


def test_a_blob_is_readable_in_parts_and_by_its_repository_only(
    cloud: LocalCloud, http: requests.Session
) -> None:
    done = http.post(f"{cloud.url}/v2/one/blobs/uploads/", params={"digest": DIGEST}, data=DATA)
    assert done.status_code == 201
    url = f"{cloud.url}/v2/one/blobs/{DIGEST}"
    part = http.get(url, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, DATA[5:10])
    assert part.headers["Content-Range"] == f"bytes 5-9/{len(DATA)}"
    assert http.get(url, headers={"Range": f"bytes={len(DATA)}-"}).status_code == 416
    head = http.head(url)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(DATA)))
    assert code(http.get(f"{cloud.url}/v2/other/blobs/{DIGEST}")) == (404, "BLOB_UNKNOWN")
    mounted = http.post(
        f"{cloud.url}/v2/other/blobs/uploads/", params={"mount": DIGEST, "from": "one"}
    )
    assert mounted.status_code == 201
    assert http.get(f"{cloud.url}/v2/other/blobs/{DIGEST}").content == DATA
    nowhere = begin(http, cloud, f"?mount={DIGEST}&from=nowhere")
    assert nowhere.status_code == 202


def put(
    http: requests.Session, cloud: LocalCloud, body: Any, tag: str = "1", kind: str = MANIFEST
) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"{cloud.url}/v2/manifests/manifests/{tag}"
    return http.put(url, data=data, headers={"Content-Type": kind})


def test_manifests_that_do_not_hold_together_are_refused(
    cloud: LocalCloud, http: requests.Session
) -> None:
    assert code(put(http, cloud, b"no json")) == (400, "MANIFEST_INVALID")
    assert code(put(http, cloud, {"schemaVersion": 1})) == (400, "MANIFEST_INVALID")
    good = {"schemaVersion": 2, "mediaType": MANIFEST}
    assert code(put(http, cloud, good, kind="text/plain")) == (400, "MANIFEST_INVALID")
    absent = {"schemaVersion": 2, "config": {"digest": DIGEST, "size": 1}}
    assert code(put(http, cloud, absent)) == (400, "MANIFEST_BLOB_UNKNOWN")
    index = {"schemaVersion": 2, "manifests": [{"digest": DIGEST, "size": 1}]}
    assert code(put(http, cloud, index)) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert code(put(http, cloud, good, tag="-x")) == (400, "TAG_INVALID")
    assert code(put(http, cloud, good, tag=DIGEST)) == (400, "DIGEST_INVALID")
    assert code(put(http, cloud, b" " * (4 * 1024 * 1024 + 1))) == (413, "SIZE_INVALID")
    assert put(http, cloud, good).status_code == 201


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nothing/tags/list", (404, "NAME_UNKNOWN")),
        ("nothing/manifests/1", (404, "MANIFEST_UNKNOWN")),
        ("Upper/tags/list", (400, "NAME_INVALID")),
        ("a/../b/manifests/1", (400, "NAME_INVALID")),
        ("nothing/blobs/nonsense", (400, "DIGEST_INVALID")),
    ],
)
def test_what_is_not_there_has_its_own_code(
    cloud: LocalCloud, http: requests.Session, path: str, expected: tuple[int, str]
) -> None:
    prepared = requests.Request("GET", f"{cloud.url}/v2/x").prepare()
    prepared.url = f"{cloud.url}/v2/{path}"
    assert code(http.send(prepared)) == expected


def test_deleting_a_manifest_takes_its_tags(
    cloud: LocalCloud, layout: Layout, http: requests.Session
) -> None:
    target = registry.connect(name(cloud, "gone"), clock=CLOCK, write=True)
    pushed = image(layout, b"only here")
    digest = registry.push(target, layout, pushed, "1")
    registry.push(target, layout, pushed, "2")
    assert http.delete(f"{cloud.url}/v2/gone/manifests/1").status_code == 202
    assert http.get(f"{cloud.url}/v2/gone/tags/list").json()["tags"] == ["2"]
    assert http.delete(f"{cloud.url}/v2/gone/manifests/{digest}").status_code == 202
    assert code(http.get(f"{cloud.url}/v2/gone/manifests/2")) == (404, "MANIFEST_UNKNOWN")
    blob = f"{cloud.url}/v2/gone/blobs/{pushed.layers[0].digest}"
    assert http.delete(blob).status_code == 202
    assert code(http.get(blob)) == (404, "BLOB_UNKNOWN")
    assert not layout_of(cloud, pushed.layers[0].digest).exists()


def layout_of(cloud: LocalCloud, digest: str) -> Path:
    return cloud.folder / "registry" / "blobs" / "sha256" / digest.removeprefix("sha256:")


@pytest.fixture
def outside(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> LocalCloud:
    """This process is a client with the cloud's proxy and authority."""
    for variable in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, cloud.environment[variable])
        monkeypatch.delenv(variable.lower(), raising=False)
    return cloud


def own_login(cloud: LocalCloud) -> Login:
    environment = cloud.environment
    return Login(environment["AZURE_CLIENT_ID"], environment["AZURE_CLIENT_SECRET"])


def test_its_own_name_takes_a_service_principal(outside: LocalCloud, layout: Layout) -> None:
    image_name = reference.parse(f"{HOST}/secured")
    target = registry.connect(image_name, clock=CLOCK, login=own_login(outside), write=True)
    digest = registry.push(target, layout, image(layout), "1")
    reader = registry.connect(image_name, clock=CLOCK, login=own_login(outside))
    assert registry.manifest(reader, "1")[0].digest == digest
    with pytest.raises(Unauthenticated, match="the token's scope is not repository:secured:push"):
        registry.push(reader, layout, image(layout), "2")


def test_its_own_name_takes_nobody_else(outside: LocalCloud, layout: Layout) -> None:
    for login in (None, Login(own_login(outside).username, "wrong-word")):
        stranger = registry.connect(
            reference.parse(f"{HOST}/secured"), clock=CLOCK, login=login, write=True
        )
        with pytest.raises(Unauthenticated) as refused:
            registry.push(stranger, layout, image(layout), "1")
        assert "wrong-word" not in str(refused.value)


def test_basic_works_without_the_detour(outside: LocalCloud) -> None:
    login = own_login(outside)
    url = f"https://{HOST}/v2/"
    assert requests.get(url, auth=(login.username, login.password), timeout=10).ok
    refused = requests.get(url, auth=(login.username, "x"), timeout=10)
    assert code(refused) == (401, "UNAUTHORIZED")
    assert f'realm="https://{HOST}/oauth2/token"' in refused.headers["WWW-Authenticate"]


def test_an_entra_token_becomes_a_refresh_token(outside: LocalCloud, layout: Layout) -> None:
    login = own_login(outside)
    tenant = outside.environment["AZURE_TENANT_ID"]
    entra = requests.post(
        f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": login.username,
            "client_secret": login.password,
            "scope": "https://management.azure.com/.default",
        },
        timeout=10,
    ).json()["access_token"]
    form = {"grant_type": "access_token", "service": HOST, "access_token": entra}
    exchanged = requests.post(f"https://{HOST}/oauth2/exchange", data=form, timeout=10).json()
    fresh = Login(REFRESH_TOKEN_USER, exchanged["refresh_token"])
    target = registry.connect(
        reference.parse(f"{HOST}/exchanged"), clock=CLOCK, login=fresh, write=True
    )
    assert registry.push(target, layout, image(layout), "1")
    bad = requests.post(
        f"https://{HOST}/oauth2/exchange", data={**form, "access_token": "x"}, timeout=10
    )
    assert bad.status_code == 401


@docker
def test_docker_pushes_and_pulls(cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    tag = str(name(cloud, "by/docker:1"))

    def run(*words: str) -> str:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("build", "--tag", tag, str(tmp_path))
    try:
        assert "digest: sha256:" in run("push", tag)
        run("image", "rm", tag)
        assert "Downloaded newer image" in run("pull", tag)
    finally:
        run("image", "rm", "--force", tag)


def test_images_outlive_the_cloud_and_a_reset_forgets_them(tmp_path: Path, layout: Layout) -> None:
    pushed = image(layout)
    with LocalCloud(tmp_path / "state", services=("registry",)) as first:
        target = registry.connect(name(first, "kept"), clock=CLOCK, write=True)
        digest = registry.push(target, layout, pushed, "1")
    with LocalCloud(tmp_path / "state", services=("registry",)) as second:
        found = registry.connect(name(second, "kept"), clock=CLOCK)
        assert registry.manifest(found, "1")[0].digest == digest
        assert second.status()["services"]["registry"]["repositories"] == ["kept"]
        second.reset()
        assert second.status()["services"]["registry"]["repositories"] == []
        assert not layout_of(second, pushed.layers[0].digest).exists()
        assert second.failures == []
