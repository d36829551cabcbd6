"""Back ends as users write them with azure-iot-hub."""

import os

import certifi
from azure.iot.hub import (
    DigitalTwinClient,
    IoTHubConfigurationManager,
    IoTHubJobManager,
    IoTHubRegistryManager,
    models,
)
from msrest.exceptions import HttpOperationError
from msrest.serialization import Model

from calls import serve

# The REST clients read REQUESTS_CA_BUNDLE; the AMQP client trusts what certifi has, and nothing else.
certifi.where = lambda: os.environ["REQUESTS_CA_BUNDLE"]

connection_string = os.environ["CONNECTION_STRING"]
managers = {
    "registry": IoTHubRegistryManager.from_connection_string(connection_string),
    "jobs": IoTHubJobManager.from_connection_string(connection_string),
    "configurations": IoTHubConfigurationManager.from_connection_string(connection_string),
    "digitalTwins": DigitalTwinClient.from_connection_string(connection_string),
}


def plain(value):
    """A result as JSON, in the words of the REST API."""
    if isinstance(value, Model):
        return value.serialize(keep_readonly=True)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def given(value):
    """An argument; some have to be one of the SDK's own models: {"model": name, "of": {...}}."""
    if isinstance(value, dict) and "model" in value:
        return getattr(models, value["model"]).deserialize(value["of"])
    return value


def call(manager, method, args):
    """A method of a manager; a refusal is told with its status."""
    try:
        return plain(getattr(managers[manager], method)(*[given(arg) for arg in args]))
    except HttpOperationError as error:
        return {"refused": error.response.status_code}


def query(text, page_size):
    """All results of a query, page by page."""
    found = []
    token = None
    while True:
        page = managers["registry"].query_iot_hub({"query": text}, token, page_size)
        found.append([plain(item) for item in page.items])
        token = page.continuation_token
        if not token:
            return found


serve(call=call, query=query)
