// A shop's server, against types made of /openapi.json. It is compiled, not run: what is wrong here does not compile.
import createClient from "openapi-fetch";
import type { components, paths, webhooks } from "./api";

const api = createClient<paths>({ baseUrl: "https://consent.shop.example", headers: { Authorization: "Bearer bhj_test_sk_…" } });

// signUp asks a guardian, and tells what a person can do about a refusal.
export async function signUp(subject: string, born: string): Promise<string> {
  const { data, error } = await api.POST("/v1/consent-requests", {
    body: {
      subject,
      child_notice: { version: "n1" },
      child: { birth_date: born, name: "김하늘" },
      guardian: { name: "김보호", email: "parent@example.com" },
      purposes: ["account"],
      data: { nickname: "하늘이" },
    },
  });
  if (error) {
    const code: components["schemas"]["Code"] = error.code;
    if (code === "already_pending" && error.id) return error.id;
    throw new Error((error.errors ?? []).map((one) => `${one.pointer}: ${one.code}`).join(", "));
  }
  return data.id;
}

// collect takes the data after a grant, and acknowledges what was stored.
export async function collect(id: string, store: (data: Record<string, unknown>) => void): Promise<void> {
  const { data, response } = await api.POST("/v1/consent-requests/{id}/release", { params: { path: { id } } });
  if (!data) throw new Error(String(response.status));
  store(data.data);
  await api.POST("/v1/consent-requests/{id}/release/ack", { params: { path: { id } } });
}

// may is asked before each later use, mayMail before each letter.
export async function may(subject: string): Promise<boolean> {
  const { data } = await api.GET("/v1/subjects/{subject}/consent", { params: { path: { subject } } });
  return data?.status === "granted" && !data.hold;
}

export async function mayMail(email: string): Promise<boolean> {
  const { data } = await api.POST("/v1/marketing/check", { body: { email, kind: "ad_mail" } });
  return data?.allowed ?? false;
}

// answer answers a guardian's request for access.
export async function answer(id: string): Promise<void> {
  await api.POST("/v1/rights-requests/{id}/answer", { params: { path: { id } }, body: { outcome: "done", data: { nickname: "하늘이" } } });
}

// hook reads a webhook's verified body.
export function hook(event: webhooks["event"]["post"]["requestBody"]["content"]["application/json"]): string | undefined {
  return event.type === "consent.granted" && "id" in event.data ? event.data.id : undefined;
}

// What does not fit must not compile.
export async function wrong(): Promise<void> {
  // @ts-expect-error there is no such call
  await api.GET("/v1/guardians");
  // @ts-expect-error a purpose is named, not counted
  await api.POST("/v1/consent-requests", { body: { subject: "user-1", purposes: [1] } });
  // @ts-expect-error no such kind of sending
  await api.POST("/v1/marketing/check", { body: { email: "a@example.com", kind: "spam" } });
  // @ts-expect-error no such state
  const state: components["schemas"]["Status"] = "approved";
  void state;
}
