"""Devices and modules as users write them with azure-iot-device."""

import json
import os
import queue

from azure.iot.device import (
    IoTHubDeviceClient,
    IoTHubModuleClient,
    Message,
    MethodResponse,
    ProvisioningDeviceClient,
    X509,
)
from azure.storage.blob import BlobClient

from calls import serve

CA_FILE = os.environ["CA_FILE"]
WAIT_S_MAX = 60


class Opened:
    def __init__(self, client):
        self.client = client
        self.desired = queue.Queue()
        self.commands = queue.Queue()


clients: dict[str, Opened] = {}


def open_client(name, transport, connectionString=None, certificate=None, tokenTtlSeconds=3600):
    with open(CA_FILE) as file:
        ca = file.read()
    options = {
        "server_verification_cert": ca,
        "websockets": transport == "mqtt-ws",
        "connection_retry_interval": 1,
    }
    if certificate is None:
        kind = IoTHubModuleClient if "ModuleId=" in connectionString else IoTHubDeviceClient
        client = kind.create_from_connection_string(
            connectionString, sastoken_ttl=tokenTtlSeconds, **options
        )
    else:
        x509 = X509(cert_file=certificate["certFile"], key_file=certificate["keyFile"])
        arguments = {"hostname": certificate["hostName"], "device_id": certificate["deviceId"]}
        if "moduleId" in certificate:
            client = IoTHubModuleClient.create_from_x509_certificate(
                x509, module_id=certificate["moduleId"], **arguments, **options
            )
        else:
            client = IoTHubDeviceClient.create_from_x509_certificate(x509, **arguments, **options)
    clients[name] = Opened(client)
    client.connect()


def close_client(name):
    clients.pop(name).client.shutdown()


def send(name, message):
    outgoing = Message(
        message["body"],
        message_id=message.get("messageId"),
        content_type=message.get("contentType"),
        content_encoding=message.get("contentEncoding"),
    )
    outgoing.correlation_id = message.get("correlationId")
    outgoing.user_id = message.get("userId")
    if message.get("isSecurity"):
        outgoing.set_as_security_message()
    outgoing.custom_properties.update(message.get("properties", {}))
    client = clients[name].client
    if "outputName" in message:
        client.send_message_to_output(outgoing, message["outputName"])
    else:
        client.send_message(outgoing)


def is_connected(name):
    return clients[name].client.connected


def twin(name):
    return clients[name].client.get_twin()


def report(name, patch):
    clients[name].client.patch_twin_reported_properties(patch)


def listen_for_desired(name):
    opened = clients[name]
    opened.client.on_twin_desired_properties_patch_received = opened.desired.put


def next_desired(name):
    return clients[name].desired.get(timeout=WAIT_S_MAX)


def answer_methods(name):
    """Answers each with its own name and payload; the method `fail` with a status of its own."""
    client = clients[name].client

    def answer(request):
        status = 418 if request.name == "fail" else 200
        payload = {"name": request.name, "payload": request.payload}
        client.send_method_response(
            MethodResponse.create_from_method_request(request, status, payload)
        )

    client.on_method_request_received = answer


def listen_for_commands(name):
    opened = clients[name]
    opened.client.on_message_received = opened.commands.put


def next_command(name):
    message = clients[name].commands.get(timeout=WAIT_S_MAX)
    return {
        "body": message.data.decode(),
        "messageId": message.message_id,
        "correlationId": message.correlation_id,
        "contentType": message.content_type,
        "contentEncoding": message.content_encoding,
        "properties": message.custom_properties,
    }


def upload(name, blobName, text):
    client = clients[name].client
    storage = client.get_storage_info_for_blob(blobName)
    url = "https://{hostName}/{containerName}/{blobName}{sasToken}".format(**storage)
    with BlobClient.from_blob_url(url, connection_verify=CA_FILE) as blob:
        blob.upload_blob(text)
    client.notify_blob_upload_status(storage["correlationId"], True, 201, "Created")


def register(transport, host, idScope, registrationId, key=None, certificate=None, payload=None):
    with open(CA_FILE) as file:
        ca = file.read()
    options = {"server_verification_cert": ca, "websockets": transport == "mqtt-ws"}
    if certificate is None:
        client = ProvisioningDeviceClient.create_from_symmetric_key(
            host, registrationId, idScope, key, **options
        )
    else:
        x509 = X509(cert_file=certificate["certFile"], key_file=certificate["keyFile"])
        client = ProvisioningDeviceClient.create_from_x509_certificate(
            host, registrationId, idScope, x509, **options
        )
    if payload is not None:
        client.provisioning_payload = payload
    result = client.register()
    state = result.registration_state
    return {
        "status": result.status,
        "assignedHub": state and state.assigned_hub,
        "deviceId": state and state.device_id,
        "payload": state and state.response_payload and json.loads(state.response_payload),
    }


serve(
    open=open_client,
    close=close_client,
    send=send,
    isConnected=is_connected,
    twin=twin,
    report=report,
    listenForDesired=listen_for_desired,
    nextDesired=next_desired,
    answerMethods=answer_methods,
    listenForCommands=listen_for_commands,
    nextCommand=next_command,
    upload=upload,
    register=register,
)
