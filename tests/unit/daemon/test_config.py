"""daemon.toml: every key, every problem at once, the command line over it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from llamachat.base.problems import ConfigError
from llamachat_daemon.config import (
    ArchiveConfig,
    DaemonConfig,
    PeerConfig,
    QueueConfig,
    config_file,
    data_directory,
)
from llamachat_daemon.config_loading import load
from llamachat_daemon.serving.catalogue import Catalogue

EVERY_KEY_WITH_ITS_DEFAULT = """
name = ""
host = "127.0.0.1"
port = 13000
default_model = "guide"
peers = []
allow_origins = []
[models]
directory = ""
files = []
memory_budget = "80%"
currency = "EUR"
[queue]
limit = 64
parallel = 8
requests_per_minute = 0
[records]
retain_seconds = 86400
retain_bytes = "256MB"
[archive]
enabled = false
retain_days = 0
quota = "1GB"
[engine]
exact_batches = false
target_gap = 2.5
isolate_principals = false
attention = "auto"
drain_seconds = 30
[log]
level = "info"
json = false
clients_may_read = false
"""


def read(tmp_path: Path, text: str, **options: Any) -> DaemonConfig:
    path = tmp_path / "daemon.toml"
    path.write_text(text)
    return load(path, tmp_path / "data", {name.replace("__", "."): value for name, value in options.items()}, {})


def problems(tmp_path: Path, text: str, **options: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, **options)
    return [str(problem) for problem in caught.value.problems]


def model_file(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"GGUF")
    return path


def test_no_file_is_the_same_as_every_key_with_its_default(tmp_path: Path):
    assert read(tmp_path, EVERY_KEY_WITH_ITS_DEFAULT) == load(None, tmp_path / "data", env={})


def test_without_models_the_bundled_guide_is_served(tmp_path: Path):
    config = load(None, tmp_path, env={})
    assert config.served_model.id == "guide"
    assert config.served_model.path.name == "guide.gguf"


def test_every_key_is_taken_over(tmp_path: Path):
    config = read(
        tmp_path,
        """
        name = "box"
        host = "10.0.0.5"
        port = 0
        default_model = "b"
        peers = [{url = "ws://10.0.0.6:13000/chat", token_file = "peer.token"}, {url = "wss://box.example.org/chat"}]
        allow_origins = ["https://Chat.example.org", "null"]
        [models]
        currency = "USD"
        [[models.files]]
        id = "a"
        path = "a.gguf"
        [[models.files]]
        id = "b"
        path = "/models/b.gguf"
        slots = 2
        context = 4096
        gpu_layers = 0
        threads = 3
        price_in = 1
        price_out = 2.5
        [queue]
        limit = 3
        parallel = 2
        requests_per_minute = 30
        [records]
        retain_seconds = 60
        retain_bytes = "1.5MiB"
        [archive]
        enabled = true
        retain_days = 30
        quota = "2MB"
        [engine]
        exact_batches = true
        drain_seconds = 0.5
        [log]
        level = "debug"
        json = true
        clients_may_read = true
        """,
    )
    assert (config.name, config.host, config.port) == ("box", "10.0.0.5", 0)
    assert config.peers == (
        PeerConfig("ws://10.0.0.6:13000/chat", tmp_path / "peer.token"),
        PeerConfig("wss://box.example.org/chat"),
    )
    assert config.allow_origins == ("https://chat.example.org", "null")
    assert config.models.currency == "USD"
    assert config.models.files[0].path == tmp_path / "a.gguf"
    served = config.served_model
    assert (served.id, served.path) == ("b", Path("/models/b.gguf"))
    assert (served.slots, served.context, served.gpu_layers, served.threads) == (2, 4096, 0, 3)
    assert (served.price_in, served.price_out) == (1.0, 2.5)
    assert config.queue == QueueConfig(limit=3, parallel=2, requests_per_minute=30)
    assert (config.records.retain_seconds, config.records.retain_bytes) == (60.0, 1_572_864)
    assert config.archive == ArchiveConfig(enabled=True, retain_days=30, quota=2_000_000)
    assert config.archive_file == tmp_path / "data" / "archive.db"
    assert (config.engine.exact_batches, config.engine.drain_seconds) == (True, 0.5)
    assert (config.log.level, config.log.json, config.log.clients_may_read) == ("debug", True, True)


def test_all_problems_are_reported_at_once_each_with_its_line(tmp_path: Path):
    found = problems(
        tmp_path,
        """# line 1
port = "x"
prot = 3
peers = [
  {url = "ws://ok:1/chat"},
  {url = "http://b", token = "sekrit"},
]
[queue]
limit = 0
[records]
retain_bytes = "lots"
""",
    )
    numbered = {int(re.match(r".*daemon\.toml:(\d+): ", text)[1]): text for text in found}  # type: ignore[index]
    assert sorted(numbered) == [2, 3, 6, 9, 11]
    assert len(found) == 6  # two of them on line 6
    assert 'found "x"; allowed: a whole number from 0 to 65535' in numbered[2]
    assert 'did you mean "port"?' in numbered[3]
    assert "queue.limit: found 0" in numbered[9]
    assert 'records.retain_bytes: found "lots"' in numbered[11]


def test_what_stands_at_an_unknown_key_is_not_shown(tmp_path: Path):
    [found] = problems(tmp_path, 'peers = [{url = "ws://a/chat", token = "sekrit"}]')
    assert "sekrit" not in found
    assert 'did you mean "token_file"?' in found


def test_a_worker_is_told_the_settings_of_the_engine(tmp_path: Path):
    settings = read(
        tmp_path, "[engine]\ntarget_gap = 4\nisolate_principals = true\nattention = 'flash'\nwarm_bytes = '2GB'"
    )
    catalogue = Catalogue(settings)
    frame = catalogue.load_frame(catalogue.default)
    assert (frame.target_gap, frame.isolate_principals, frame.attention) == (4.0, True, "flash")
    assert frame.warm_bytes == 2_000_000_000
    assert not frame.exact_batches


def test_plain_attention_and_exact_batches_exclude_each_other(tmp_path: Path):
    [found] = problems(tmp_path, "[engine]\nexact_batches = true\nattention = 'plain'")
    assert '"auto" or "flash"' in found


def test_a_feature_of_later_versions_is_refused_by_name(tmp_path: Path):
    [found] = problems(tmp_path, '[models]\nmemory_budget = "50%"')
    assert "several models" in found
    assert "not available in this version" in found


@pytest.mark.parametrize(
    "text",
    [
        "port = true",
        "port = 65536",
        "port = 1.0",
        'host = ""',
        'host = "127.0.0.1:13000"',
        'host = "http://box"',
        'name = "a\\u001b[31m"',
        'peers = ["ws://a/chat"]',
        "peers = 3",
        "peers = [{}]",
        'peers = [{url = "ws://user:pw@a/chat"}]',
        'peers = [{url = "ws://a/chat?token=x"}]',
        'peers = [{url = "ws://a:99999/chat"}]',
        'peers = [{url = "ws://a b/chat"}]',
        'allow_origins = ["https://a/path"]',
        'allow_origins = ["*"]',
        'allow_origins = "null"',
        "models = 3",
        '[models]\ndirectory = "/no/such/directory"',
        '[models]\nmemory_budget = "0%"',
        '[models]\nfiles = [{id = "a"}]',
        '[models]\nfiles = [{path = "a.gguf"}]',
        '[models]\nfiles = [{id = "a b", path = "a.gguf"}]',
        '[models]\nfiles = [{id = "a", path = "a.gguf", slots = 0}]',
        '[models]\nfiles = [{id = "a", path = "a.gguf", price_in = -1}]',
        '[models]\nfiles = [{id = "a", path = "a.gguf", price_in = inf}]',
        '[models]\nfiles = [{id = "a", path = "a.gguf"}, {id = "a", path = "b.gguf"}]',
        'default_model = "nope"',
        "[queue]\nrequests_per_minute = -1",
        "[queue]\nrequests_per_minute = 0.5",
        '[records]\nretain_bytes = "-1MB"',
        "[archive]\nenabled = 1",
        "[archive]\nretain_days = -1",
        '[archive]\nquota = "999kB"',
        "[records]\nretain_bytes = true",
        "[engine]\ntarget_gap = nan",
        "[engine]\ntarget_gap = 0.9",
        "[engine]\ntarget_gap = 101",
        f"[engine]\ntarget_gap = 1{'0' * 400}",
        '[log]\nlevel = "loud"',
        "[log]\njson = 1",
        "[nonsense]\nx = 1",
    ],
)
def test_a_wrong_setting_is_one_problem(tmp_path: Path, text: str):
    assert len(problems(tmp_path, text)) == 1


def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path):
    [found] = problems(tmp_path, "port = 1\nport = 2")
    assert "daemon.toml:2: the file: found" in found


@pytest.mark.parametrize(
    "peer",
    [
        '{url = "ws://user:s3cret@a/chat"}',
        '{url = "ws://a/chat?token=s3cret"}',
        '{url = ["ws://user:s3cret@a/chat"]}',
        '"ws://user:s3cret@a/chat"',
    ],
)
def test_no_secret_of_a_peers_address_is_quoted(tmp_path: Path, peer: str):
    [found] = problems(tmp_path, f"peers = [{peer}]")
    assert "s3cret" not in found


def test_a_named_file_must_exist(tmp_path: Path):
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "other.toml", tmp_path, env={})


def test_options_win_over_the_file(tmp_path: Path):
    config = read(
        tmp_path,
        'port = 1\nallow_origins = ["null"]\npeers = [{url = "ws://a/chat"}]\n[queue]\nlimit = 3',
        port=2,
        queue__limit=5,
        peers=("ws://b/chat",),
        allow_origins=("http://c",),
        log__json=True,
        archive__enabled=True,
        auth=False,
        name=None,
    )
    assert (config.port, config.queue.limit, config.log.json, config.auth) == (2, 5, True, False)
    assert config.archive.enabled
    assert config.peers == (PeerConfig("ws://b/chat"),)
    assert config.allow_origins == ("http://c",)


@pytest.mark.parametrize(
    ("given", "host"), [("[::1]", "::1"), ("::", "::"), ("fe80::1", "fe80::1"), ("gpu-1.lan", "gpu-1.lan")]
)
def test_an_address_may_stand_in_brackets(tmp_path: Path, given: str, host: str):
    assert read(tmp_path, f'host = "{given}"').host == host


def test_wrong_options_are_named_as_options(tmp_path: Path):
    found = problems(tmp_path, "", port=-1, queue__limit=0, model=("nope",), slots=0)
    assert sorted(text.split(":")[0] for text in found) == ["--model", "--port", "--queue", "--slots"]


def test_an_option_that_covers_a_wrong_setting_of_the_file_heals_it(tmp_path: Path):
    assert read(tmp_path, "port = 99999", port=5).port == 5


def test_a_model_is_named_by_its_path_or_its_id(tmp_path: Path):
    path = model_file(tmp_path, "Some Model-Q8_0.gguf")
    by_path = read(tmp_path, 'default_model = "guide"', model=(str(path),))
    assert (by_path.served_model.id, by_path.served_model.path) == ("Some-Model-Q8_0", path)
    files = '[models]\nfiles = [{id = "a", path = "a.gguf"}, {id = "b", path = "b.gguf", slots = 2}]'
    by_id = read(tmp_path, files, model=("b",))
    assert (by_id.served_model.id, by_id.served_model.slots) == ("b", 2)
    assert len(by_id.models.files) == 1
    assert read(tmp_path, files, model=("guide",)).served_model.id == "guide"


def test_the_first_of_several_models_is_the_default_unless_one_is_named(tmp_path: Path):
    files = '[models]\nfiles = [{id = "a", path = "a.gguf"}, {id = "b", path = "b.gguf"}]'
    assert read(tmp_path, files).default_model == "a"
    assert read(tmp_path, 'default_model = "b"\n' + files).default_model == "b"
    assert read(tmp_path, files, default_model="b").default_model == "b"
    assert read(tmp_path, files, model=("b", "a")).default_model == "b"
    assert read(tmp_path, 'default_model = "guide"\n' + files).served_model.path.name == "guide.gguf"


def test_a_directory_brings_every_gguf_in_it(tmp_path: Path):
    for name in ("b.gguf", "a.gguf", "readme.txt", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf"):
        model_file(tmp_path, f"models/{name}")
    config = read(tmp_path, '[models]\ndirectory = "models"')
    assert [file.id for file in config.models.files] == ["a", "b", "big"]
    assert config.default_model == "a"


def test_running_options_hold_for_every_model(tmp_path: Path):
    config = read(tmp_path, "", slots=2, context=512, gpu_layers=0, threads=1)
    served = config.served_model
    assert (served.slots, served.context, served.gpu_layers, served.threads) == (2, 512, 0, 1)


def test_places_follow_options_then_the_environment(tmp_path: Path):
    env = {"LLAMACHAT_DATA_DIR": str(tmp_path / "env")}
    assert data_directory(tmp_path / "option", env) == tmp_path / "option"
    assert data_directory(None, env) == tmp_path / "env"
    assert config_file(None, tmp_path / "option", env) == tmp_path / "option" / "daemon.toml"
    assert config_file(None, None, env) == tmp_path / "env" / "daemon.toml"
    assert config_file(tmp_path / "x.toml", None, env) == tmp_path / "x.toml"
    assert data_directory(None, {}).name == "llamachat"
    assert config_file(None, None, {}).name == "daemon.toml"
