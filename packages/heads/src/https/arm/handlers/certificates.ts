import type { CaCertificates, EtagCondition } from "@larimar/domain";
import { HubError, ProvisioningError } from "@larimar/domain";
import type { CertificateBody, CertificateProofBody, ResourceType } from "@larimar/wire";
import { formatCertificate } from "@larimar/wire";
import type { z } from "zod";
import { ArmError } from "../arm-error.ts";
import type { ArmAnswer, ArmHandlers, ArmInput } from "../arm-input.ts";
import { hubOf, ok, placeOf, serviceOf } from "../arm-input.ts";

interface Owner {
  readonly name: string;
  readonly certificates: CaCertificates;
  readonly resource: { readonly resourceGroup: string };
}

type Input = Pick<ArmInput, "administration" | "ifMatch"> & {
  readonly params: {
    readonly subscriptionId: string;
    readonly resourceGroup: string;
    readonly name: string;
  };
};

type CertificateInput = Input & { readonly params: { readonly certificate: string } };

/** Hubs and provisioning services have their certificate authorities alike. */
function certificateHandlers(type: ResourceType, ownerOf: (input: Input) => Owner) {
  const show = (
    input: Input,
    owner: Owner,
    certificate: Parameters<typeof formatCertificate>[0],
    options?: { withCode: boolean },
  ) => {
    const place = placeOf(input.params, owner.resource);
    return formatCertificate(certificate, { place, type, name: owner.name }, options);
  };
  return {
    list: async (input: Input): Promise<ArmAnswer> => {
      const owner = ownerOf(input);
      const all = await owner.certificates.list();
      return ok({ value: all.map((certificate) => show(input, owner, certificate)) });
    },

    get: async (input: CertificateInput): Promise<ArmAnswer> => {
      const owner = ownerOf(input);
      return ok(show(input, owner, await owner.certificates.get(input.params.certificate)));
    },

    put: async (
      input: CertificateInput & { readonly body: z.output<typeof CertificateBody> },
    ): Promise<ArmAnswer> => {
      const owner = ownerOf(input);
      const { certificate, isVerified } = input.body.properties;
      const change = {
        name: input.params.certificate,
        certificate,
        ...(isVerified === true ? { isVerified } : {}),
      };
      return ok(show(input, owner, await owner.certificates.put(change, input.ifMatch)));
    },

    delete: async (input: CertificateInput): Promise<ArmAnswer> => {
      const condition = required(input.ifMatch);
      try {
        await ownerOf(input).certificates.delete(input.params.certificate, condition);
      } catch (error) {
        if (isNotFound(error)) return { status: 204 };
        throw error;
      }
      return { status: 200 };
    },

    generateCode: async (input: CertificateInput): Promise<ArmAnswer> => {
      const owner = ownerOf(input);
      const { certificate } = input.params;
      const condition = required(input.ifMatch);
      const changed = await owner.certificates.generateVerificationCode(certificate, condition);
      return ok(show(input, owner, changed, { withCode: true }));
    },

    verify: async (
      input: CertificateInput & { readonly body: z.output<typeof CertificateProofBody> },
    ): Promise<ArmAnswer> => {
      const owner = ownerOf(input);
      const condition = required(input.ifMatch);
      const { certificate: name } = input.params;
      const verified = await owner.certificates.verify(name, input.body.certificate, condition);
      return ok(show(input, owner, verified));
    },
  };
}

const ofHubs = certificateHandlers("IotHubs", (input) => {
  const { settings, certificates } = hubOf(input);
  return { name: settings.name, resource: settings.resource, certificates };
});

const ofServices = certificateHandlers("provisioningServices", (input) => {
  const { settings, certificates } = serviceOf(input);
  return { name: settings.name, resource: settings.resource, certificates };
});

export const hubCertificateHandlers: ArmHandlers<
  | "deleteHubCertificate"
  | "generateHubCertificateCode"
  | "getHubCertificate"
  | "listHubCertificates"
  | "putHubCertificate"
  | "verifyHubCertificate"
> = {
  listHubCertificates: ofHubs.list,
  getHubCertificate: ofHubs.get,
  putHubCertificate: ofHubs.put,
  deleteHubCertificate: ofHubs.delete,
  generateHubCertificateCode: ofHubs.generateCode,
  verifyHubCertificate: ofHubs.verify,
};

export const serviceCertificateHandlers: ArmHandlers<
  | "deleteServiceCertificate"
  | "generateServiceCertificateCode"
  | "getServiceCertificate"
  | "listServiceCertificates"
  | "putServiceCertificate"
  | "verifyServiceCertificate"
> = {
  listServiceCertificates: ofServices.list,
  getServiceCertificate: ofServices.get,
  putServiceCertificate: ofServices.put,
  deleteServiceCertificate: ofServices.delete,
  generateServiceCertificateCode: ofServices.generateCode,
  verifyServiceCertificate: ofServices.verify,
};

function required(condition: EtagCondition | undefined): EtagCondition {
  if (condition !== undefined) return condition;
  throw new ArmError("InvalidRequestContent", "The header If-Match is required");
}

function isNotFound(error: unknown): boolean {
  return (
    (error instanceof HubError || error instanceof ProvisioningError) &&
    error.code === "CertificateNotFound"
  );
}
