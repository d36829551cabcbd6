import { z } from "zod";
import { TagsBody } from "./arm-resource.ts";
import { CertificateBody, CertificateProofBody } from "./certificate-body.ts";
import { HubBody } from "./hub-body.ts";
import { ProvisioningServiceBody } from "./provisioning-service-body.ts";
import { ExportDevicesBody, ImportDevicesBody } from "./transfer-body.ts";
import { TestAllRoutesBody, TestRouteBody } from "./trial-body.ts";

export interface ArmRouteContract {
  readonly method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: z.ZodType;
}

const SUBSCRIPTION = "/subscriptions/{subscriptionId}/providers/Microsoft.Devices";
const GROUP =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Devices";
const HUBS = `${GROUP}/IotHubs`;
const HUB = `${HUBS}/{name}`;
const CONSUMER_GROUPS = `${HUB}/eventHubEndpoints/{endpoint}/ConsumerGroups`;
const SERVICES = `${GROUP}/provisioningServices`;
const SERVICE = `${SERVICES}/{name}`;

const NameBody = z.object({ name: z.string() });
const ConsumerGroupBody = z.object({ properties: z.object({ name: z.string() }).nullish() });

const certificates = <Owner extends string>(owner: Owner) =>
  ({
    list: { method: "GET", path: `${owner}/certificates` },
    get: { method: "GET", path: `${owner}/certificates/{certificate}` },
    put: { method: "PUT", path: `${owner}/certificates/{certificate}`, body: CertificateBody },
    delete: { method: "DELETE", path: `${owner}/certificates/{certificate}` },
    generateCode: {
      method: "POST",
      path: `${owner}/certificates/{certificate}/generateVerificationCode`,
    },
    verify: {
      method: "POST",
      path: `${owner}/certificates/{certificate}/verify`,
      body: CertificateProofBody,
    },
  }) as const satisfies Record<string, ArmRouteContract>;

const ofHubs = certificates(HUB);
const ofServices = certificates(SERVICE);

/** Administration, in the form of `Microsoft.Devices`. (protocol reference: service-facing 7) */
export const ARM_ROUTES = {
  listOperations: { method: "GET", path: "/providers/Microsoft.Devices/operations" },
  listUsages: { method: "GET", path: `${SUBSCRIPTION}/usages` },

  listHubsOfSubscription: { method: "GET", path: `${SUBSCRIPTION}/IotHubs` },
  listHubs: { method: "GET", path: HUBS },
  getHub: { method: "GET", path: HUB },
  putHub: { method: "PUT", path: HUB, body: HubBody },
  patchHub: { method: "PATCH", path: HUB, body: TagsBody },
  deleteHub: { method: "DELETE", path: HUB },
  checkHubName: {
    method: "POST",
    path: `${SUBSCRIPTION}/checkNameAvailability`,
    body: NameBody,
  },
  listHubKeys: { method: "POST", path: `${HUB}/listkeys` },
  getHubKey: { method: "POST", path: `${HUB}/IotHubKeys/{keyName}/listkeys` },
  getHubStatistics: { method: "GET", path: `${HUB}/IotHubStats` },
  listHubSkus: { method: "GET", path: `${HUB}/skus` },
  listHubQuotas: { method: "GET", path: `${HUB}/quotaMetrics` },
  listHubTransfers: { method: "GET", path: `${HUB}/jobs` },
  getHubTransfer: { method: "GET", path: `${HUB}/jobs/{jobId}` },
  exportDevices: { method: "POST", path: `${HUB}/exportDevices`, body: ExportDevicesBody },
  importDevices: { method: "POST", path: `${HUB}/importDevices`, body: ImportDevicesBody },
  listEndpointHealth: { method: "GET", path: `${HUB}/routingEndpointsHealth` },
  testAllRoutes: {
    method: "POST",
    path: `${HUB}/routing/routes/$testall`,
    body: TestAllRoutesBody,
  },
  testRoute: { method: "POST", path: `${HUB}/routing/routes/$testnew`, body: TestRouteBody },
  listConsumerGroups: { method: "GET", path: CONSUMER_GROUPS },
  getConsumerGroup: { method: "GET", path: `${CONSUMER_GROUPS}/{consumerGroup}` },
  putConsumerGroup: {
    method: "PUT",
    path: `${CONSUMER_GROUPS}/{consumerGroup}`,
    body: ConsumerGroupBody,
  },
  deleteConsumerGroup: { method: "DELETE", path: `${CONSUMER_GROUPS}/{consumerGroup}` },
  listHubCertificates: ofHubs.list,
  getHubCertificate: ofHubs.get,
  putHubCertificate: ofHubs.put,
  deleteHubCertificate: ofHubs.delete,
  generateHubCertificateCode: ofHubs.generateCode,
  verifyHubCertificate: ofHubs.verify,
  listHubPrivateEndpoints: { method: "GET", path: `${HUB}/privateEndpointConnections` },
  listHubPrivateLinks: { method: "GET", path: `${HUB}/privateLinkResources` },

  listServicesOfSubscription: { method: "GET", path: `${SUBSCRIPTION}/provisioningServices` },
  listServices: { method: "GET", path: SERVICES },
  getService: { method: "GET", path: SERVICE },
  putService: { method: "PUT", path: SERVICE, body: ProvisioningServiceBody },
  patchService: { method: "PATCH", path: SERVICE, body: TagsBody },
  deleteService: { method: "DELETE", path: SERVICE },
  checkServiceName: {
    method: "POST",
    path: `${SUBSCRIPTION}/checkProvisioningServiceNameAvailability`,
    body: NameBody,
  },
  listServiceKeys: { method: "POST", path: `${SERVICE}/listkeys` },
  getServiceKey: { method: "POST", path: `${SERVICE}/keys/{keyName}/listkeys` },
  listServiceSkus: { method: "GET", path: `${SERVICE}/skus` },
  listServiceCertificates: ofServices.list,
  getServiceCertificate: ofServices.get,
  putServiceCertificate: ofServices.put,
  deleteServiceCertificate: ofServices.delete,
  generateServiceCertificateCode: ofServices.generateCode,
  verifyServiceCertificate: ofServices.verify,
  listServicePrivateEndpoints: { method: "GET", path: `${SERVICE}/privateEndpointConnections` },
  listServicePrivateLinks: { method: "GET", path: `${SERVICE}/privateLinkResources` },
} as const satisfies Record<string, ArmRouteContract>;

export type ArmRouteName = keyof typeof ARM_ROUTES;
