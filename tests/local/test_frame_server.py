"""One port in three roles, against real HTTP clients: requests, http.client and curl."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.authority import Authority
from modelyard.local.cloud.connection import BrokenConnection
from modelyard.local.cloud.routing import Router
from modelyard.local.cloud.server import Server
from modelyard.local.cloud.service import Route

HOST = "adb-1.azuredatabricks.net"
OBJECT = bytes(range(256)) * 1000


def echo(request: Request) -> Response:
    digest = hashlib.sha256()
    size = 0
    while piece := request.stream.read(65536):
        digest.update(piece)
        size += len(piece)
    found = {"url": request.url, "method": request.method, "size": size, "sha": digest.hexdigest()}
    return Response(json.dumps(found), mimetype="application/json")


def refuse(request: Request) -> Response:
    return Response("no", 401)


def whole(request: Request) -> Response:
    return Response(OBJECT, headers={"Content-Length": str(len(OBJECT)), "ETag": '"1"'})


def head_only(request: Request) -> Response:
    return Response(headers={"Content-Length": "123456789"})


def stream(request: Request) -> Response:
    return Response((b"line %d\n" % n for n in range(1000)), mimetype="text/plain")


def nothing(request: Request) -> Response:
    return Response(status=204)


def breaks(request: Request) -> Response:
    raise BrokenConnection


def breaks_later(request: Request) -> Response:
    def pieces() -> Iterator[bytes]:
        yield b"begin"
        raise BrokenConnection

    return Response(pieces())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Server]:
    handlers = {"GET": [whole, stream, breaks, breaks_later], "HEAD": [head_only]}
    handlers |= {"POST": [echo, refuse, nothing], "PROPFIND": [echo]}
    routes = [
        Route((method,), HOST, f"/{handler.__name__}", handler, loopback=True)
        for method, group in handlers.items()
        for handler in group
    ]
    running = Server(0, authority)
    router = Router(routes)
    running.start(router.dispatch, router.emulates)
    yield running
    running.stop()


@pytest.fixture
def session(server: Server, authority: Authority) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        made.proxies = dict.fromkeys(("http", "https"), f"http://127.0.0.1:{server.port}")
        made.verify = str(authority.certificate_path)
        yield made


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_proxy_answers_for_a_real_name(session: requests.Session, scheme: str) -> None:
    found = session.post(f"{scheme}://{HOST}/echo?a=b", data=b"hello").json()
    assert found["url"] == f"{scheme}://{HOST}/echo?a=b"
    assert found["sha"] == hashlib.sha256(b"hello").hexdigest()


def test_the_port_is_a_plain_server_too(server: Server) -> None:
    with requests.Session() as plain:
        plain.trust_env = False
        for name in ("127.0.0.1", "localhost"):
            url = f"http://{name}:{server.port}/echo"
            assert plain.post(url, data=b"x").json()["url"] == url


def test_a_plain_request_may_come_through_the_proxy(
    session: requests.Session, server: Server
) -> None:
    url = f"http://127.0.0.1:{server.port}/echo"
    assert session.post(url).json()["url"] == url


def test_a_connection_serves_many_requests(session: requests.Session, server: Server) -> None:
    connections = set()
    for _ in range(3):
        with session.post(f"https://{HOST}/echo", data=b"x" * 100_000, stream=True) as answer:
            connections.add(answer.raw.connection.sock.getsockname())  # type: ignore[union-attr]
            assert answer.json()["size"] == 100_000
    assert len(connections) == 1


def test_a_body_that_nobody_read_does_not_spoil_the_next_request(session: requests.Session) -> None:
    pieces = (b"x" * 50_000 for _ in range(20))
    assert session.post(f"https://{HOST}/refuse", data=pieces).status_code == 401
    assert session.post(f"https://{HOST}/refuse", data=b"x" * 500_000).status_code == 401
    assert session.get(f"https://{HOST}/whole").content == OBJECT


def test_many_clients_at_once(server: Server, authority: Authority) -> None:
    def ask(number: int) -> int:
        proxies = {"https": f"http://127.0.0.1:{server.port}"}
        answer = requests.post(
            f"https://{HOST}/echo",
            data=b"x" * number,
            proxies=proxies,
            verify=str(authority.certificate_path),
            timeout=60,
        )
        return int(answer.json()["size"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(100))) == list(range(100))


def test_chunked_uploads_arrive_whole(session: requests.Session) -> None:
    pieces = [bytes([n]) * (n * 97) for n in range(1, 200)]
    found = session.post(f"https://{HOST}/echo", data=iter(pieces)).json()
    assert found["sha"] == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_head_has_the_length_of_the_object(session: requests.Session) -> None:
    assert session.head(f"https://{HOST}/whole").headers["Content-Length"] == str(len(OBJECT))
    assert session.head(f"https://{HOST}/head_only").headers["Content-Length"] == "123456789"
    assert session.get(f"https://{HOST}/whole").headers["ETag"] == '"1"'


def test_a_streamed_answer_arrives_whole(session: requests.Session) -> None:
    answer = session.get(f"https://{HOST}/stream")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.text.splitlines() == [f"line {n}" for n in range(1000)]


def test_an_answer_without_a_body(session: requests.Session) -> None:
    answer = session.post(f"https://{HOST}/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Transfer-Encoding" not in answer.headers


def test_any_method_reaches_its_handler(session: requests.Session) -> None:
    assert session.request("PROPFIND", f"https://{HOST}/echo").json()["method"] == "PROPFIND"


@pytest.mark.parametrize("url", [f"https://{HOST}/breaks", f"http://{HOST}/breaks"])
def test_a_broken_connection_is_seen_as_one(session: requests.Session, url: str) -> None:
    with pytest.raises(requests.ConnectionError):
        session.get(url)


def test_an_answer_that_breaks_off_is_seen_as_one(session: requests.Session) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        session.get(f"https://{HOST}/breaks_later").text  # noqa: B018


@pytest.mark.parametrize("host", ["example.com", "adb-2.azuredatabricks.net", f"{HOST}.example"])
def test_other_names_are_refused_by_name(session: requests.Session, host: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match=f"403 {host}:443 is not emulated"):
        session.get(f"https://{host}/")
    answer = session.get(f"http://{host}/")
    assert answer.status_code == 403
    assert f"{host} is not emulated, and the local cloud forwards nothing" in answer.text


def test_other_servers_on_this_machine_are_not_the_proxys(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        answer = session.get(f"http://127.0.0.1:{other.getsockname()[1]}/", timeout=10)
        assert answer.status_code == 403
        other.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has called
            other.accept()


def test_a_web_page_cannot_pose_as_this_server(server: Server) -> None:
    """A name of the attacker's that resolves to 127.0.0.1 (DNS rebinding) gets nothing."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("GET", "/whole", headers={"Host": f"evil.example:{server.port}"})
        assert connection.getresponse().status == 403


@pytest.mark.parametrize("target", [f"{HOST}:22", "127.0.0.1:443", HOST, ":443", "nonsense"])
def test_tunnels_lead_to_https_of_emulated_names_only(server: Server, target: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 403 ")


def test_the_certificate_passes_the_strict_checks_of_new_pythons(
    server: Server, authority: Authority
) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate_path))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with closing(tunnel(server, context)) as secure:
        assert secure.version() == "TLSv1.3"
        names = secure.getpeercert()
        assert names is not None
        assert names["subjectAltName"] == (("DNS", HOST),)


def test_clients_that_know_only_tls_1_2_are_served(server: Server, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate_path))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with closing(tunnel(server, context)) as secure:
        assert secure.version() == "TLSv1.2"


def test_without_the_authority_nobody_trusts_it(server: Server) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        tunnel(server, ssl.create_default_context())


def tunnel(server: Server, context: ssl.SSLContext) -> ssl.SSLSocket:
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += client.recv(1)
    try:
        return context.wrap_socket(client, server_hostname=HOST)
    finally:
        client.close()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: x",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked\r\n\r\nzz",
    ],
)
def test_a_request_that_cannot_be_read_gets_a_400(server: Server, head: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{head}\r\n\r\n".encode()
        )
        answer = client.makefile("rb").read()  # to the end: the connection is closed
    assert answer.startswith(b"HTTP/1.1 400 The request's body can't be read")


def test_expect_100_continue(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 2\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        answer = client.makefile("rb")
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        client.sendall(b"ok")
        assert answer.readline() == b"\r\n"
        assert answer.readline().startswith(b"HTTP/1.1 200")


def test_http_1_0_gets_a_stream_until_the_end(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"GET /stream HTTP/1.0\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        head, _, body = client.makefile("rb").read().partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body.splitlines()[-1] == b"line 999"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(server: Server, authority: Authority) -> None:
    proxy = f"http://127.0.0.1:{server.port}"
    command = ["curl", "-sS", "--proxy", proxy, "--cacert", str(authority.certificate_path)]
    done = subprocess.run(
        [*command, "--data-binary", "@-", f"https://{HOST}/echo"],
        input=OBJECT,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["sha"] == hashlib.sha256(OBJECT).hexdigest()


def test_a_large_upload_needs_no_memory(tmp_path: Path, library_path: dict[str, str]) -> None:
    """In a process of its own, so that nothing else has raised its peak before."""
    program = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        import requests
        from werkzeug.wrappers import Response
        from modelyard.local.cloud.authority import Authority
        from modelyard.local.cloud.routing import Router
        from modelyard.local.cloud.server import Server
        from modelyard.local.cloud.service import Route

        def size(request):
            total = 0
            while piece := request.stream.read(65536):
                total += len(piece)
            return Response(str(total))

        def ignore(request):
            return Response("no", 413)

        router = Router(
            [Route(("PUT",), "h.example", f"/{f.__name__}", f) for f in (size, ignore)]
        )
        authority = Authority(Path(sys.argv[1]))
        server = Server(0, authority)
        server.start(router.dispatch, router.emulates)
        proxies = dict.fromkeys(("http", "https"), f"http://127.0.0.1:{server.port}")

        def upload(path, mebibytes):
            piece = b"x" * 65536
            answer = requests.put(
                f"https://h.example/{path}",
                data=(piece for _ in range(mebibytes * 16)),
                proxies=proxies,
                verify=str(authority.certificate_path),
            )
            return answer.text

        upload("size", 1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert upload("size", 50) == str(50 * 1024 * 1024)
        assert upload("ignore", 50) == "no"
        server.stop()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=library_path,
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 10 * 1024 * 1024


def test_stop_lets_a_running_request_end_and_closes_idle_connections(authority: Authority) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Response:
        entered.set()
        assert go_on.wait(30)
        return Response("done")

    router = Router([Route(("GET",), HOST, "/slow", slow, loopback=True)])
    server = Server(0, authority)
    server.start(router.dispatch, router.emulates)
    idle = socket.create_connection(("127.0.0.1", server.port))
    got: list[str] = []
    client = threading.Thread(
        target=lambda: got.append(
            requests.get(f"http://127.0.0.1:{server.port}/slow", timeout=30).text
        )
    )
    client.start()
    assert entered.wait(30)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    with idle:
        idle.settimeout(30)
        assert idle.recv(1) == b""
    go_on.set()
    stopping.join(30)
    client.join(30)
    assert got == ["done"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))
