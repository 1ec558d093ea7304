"""Blob storage of the local cloud, with the real client: azure-storage-blob."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.aml_workplace import MISSING, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
CLIENT = """
import datetime
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, generate_container_sas

store = ml.datastores.get_default(include_secrets=True)
account, key = store.account_name, store.credentials.account_key
url = f"https://{account}.blob.core.windows.net"
def client(credential, **more):
    return BlobServiceClient(url, credential=credential, retry_total=0, **more)
def code(do):
    try:
        do()
    except HttpResponseError as error:
        return f"{error.status_code} {getattr(error.error_code, 'value', error.error_code)}"
    return "done"
def signature(permission="racwdl", key=key, minutes=10, container="box"):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return generate_container_sas(
        account, container, account_key=key, permission=permission, expiry=end
    )
box = client(key).get_container_client("box")
box.exists() or box.create_container()
"""


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A cloud with a workspace, whose storage account the tests use."""
    folder = tmp_path_factory.mktemp("repository")
    made = Workplace(cloud, program_environment(cloud.environment), folder)
    done = made.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
    assert done.code == 0, done.log
    return made


def test_blobs_are_written_whole_and_in_blocks_and_read_in_ranges(place: Workplace) -> None:
    told = place.sdk(
        CLIENT
        + """
data = bytes(range(256)) * 2048
small = client(
    key, max_single_put_size=1000, max_block_size=100_000,
    max_single_get_size=100_000, max_chunk_get_size=50_000,
).get_container_client("box")
blob = small.upload_blob("a folder/b+%.bin", data, metadata={"upload_status": "completed"})
tell(same=small.download_blob("a folder/b+%.bin", max_concurrency=2).readall() == data)
tell(part=list(blob.download_blob(offset=255, length=3).readall()))
properties = blob.get_blob_properties()
tell(size=properties.size, metadata=properties.metadata, kind=properties.blob_type)
small.upload_blob("empty", b"")
tell(empty=len(small.download_blob("empty").readall()))
tell(again=code(lambda: small.upload_blob("empty", b"x")))
small.upload_blob("empty", b"xy", overwrite=True)
tell(over=small.download_blob("empty").readall().decode())
tell(names=[one.name for one in box.list_blobs(results_per_page=1)])
tell(top=[one.name for one in box.walk_blobs()], under=[one.name for one in box.list_blobs("a f")])
box.delete_blob("empty")
tell(gone=code(lambda: box.download_blob("empty")))
tell(nowhere=code(lambda: client(key).get_container_client("other").download_blob("x")))
"""
    ).told
    assert told["same"]
    assert told["part"] == [255, 0, 1]
    assert (told["size"], told["kind"]) == (256 * 2048, "BlockBlob")
    assert told["metadata"] == {"upload_status": "completed"}
    assert (told["empty"], told["over"]) == (0, "xy")
    assert told["again"] == "409 BlobAlreadyExists"
    assert told["names"] == ["a folder/b+%.bin", "empty"]
    assert told["top"] == ["a folder/", "empty"]
    assert told["under"] == ["a folder/b+%.bin"]
    assert told["gone"] == "404 BlobNotFound"
    assert told["nowhere"] == "404 ContainerNotFound"


def test_only_who_has_a_key_a_signature_or_a_token_comes_in(place: Workplace) -> None:
    told = place.sdk(
        CLIENT
        + """
import base64
box.upload_blob("x", b"x", overwrite=True)
wrong = base64.b64encode(b"another key").decode()
def read(credential, **more):
    return code(lambda: client(credential, **more).get_blob_client("box", "x").download_blob())
def write(credential):
    blob = client(credential).get_blob_client("box", "x")
    return code(lambda: blob.upload_blob(b"y", overwrite=True))
tell(nobody=read(None), wrong_key=read(wrong), token=read(credential))
tell(right=read(signature()), forged=read(signature(key=wrong)), late=read(signature(minutes=-1)))
tell(reader_reads=read(signature("r")), reader_writes=write(signature("r")))
tell(elsewhere=read(signature(container="other")))
"""
    ).told
    assert told["nobody"] == "409 PublicAccessNotPermitted"
    assert told["wrong_key"] == "403 AuthenticationFailed"
    assert (told["token"], told["right"], told["reader_reads"]) == ("done", "done", "done")
    assert told["forged"] == "403 AuthenticationFailed"
    assert told["late"] == "403 AuthenticationFailed"
    assert told["reader_writes"] == "403 AuthorizationPermissionMismatch"
    assert told["elsewhere"] == "403 AuthenticationFailed"


def test_a_blob_outlives_its_cloud_and_not_a_reset(tmp_path: Path) -> None:
    folder = tmp_path / "cloud"
    for expected in ("", "kept"):
        with LocalCloud(folder, services=CLOUD_SERVICES) as cloud:
            made = Workplace(cloud, program_environment(cloud.environment), tmp_path)
            made.run("aml-workspace", workspace_name="wine", resource_group="modelyard-local")
            told = made.sdk(
                CLIENT
                + """
found = [box.download_blob(one.name).readall().decode() for one in box.list_blobs()]
tell(found="".join(found))
box.upload_blob("x", b"kept", overwrite=True)
"""
            ).told
            assert told["found"] == expected
            if expected:
                cloud.reset()
                assert not (folder / "storage").exists()
