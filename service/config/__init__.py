"""One configuration for server and worker: a TOML file and the environment. See docs/configuration.md."""

from service.config.example import example_file
from service.config.model import Config, Limits, Log, Mail, Webhook
from service.config.reading import (
    FILE_VARIABLE,
    UnusableConfig,
    beside,
    effective,
    read_config,
)
from service.config.table import SETTINGS, Setting

__all__ = [
    "FILE_VARIABLE",
    "SETTINGS",
    "Config",
    "Limits",
    "Log",
    "Mail",
    "Setting",
    "UnusableConfig",
    "Webhook",
    "beside",
    "effective",
    "example_file",
    "read_config",
]
