"""An invented event of each type, so that a form can show what Amplitude will get. Pure."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
import orjson

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE, EventType
from braze_partners.events.records import EventRecord
from currents.amplitude.payload import Unsendable, event_body

TIME_MS = 1_778_589_128_000  # 12 May 2026, 12:32:08 UTC
# It carries no user at all: every Current filters it.
NOBODYS = "agentconsole.ToolInvocation"

# What an id or a name of the wire does not tell by itself.
VALUES: dict[str, Any] = {
    "abort_log": "Message aborted by Liquid: no size in stock",
    "abort_type": "liquid_abort_message",
    "action": "Subscribed",
    "activity_attributes_type": "OrderAttributes",
    "ad_id_type": "ios_idfa",
    "ad_tracking_enabled": True,
    "agent_name": "Product copywriter",
    "alt_accuracy": 4.0,
    "altitude": 38.5,
    "attempt_count": 2,
    "browser": "Mobile Safari",
    "cache_hit": False,
    "cache_tokens": 0,
    "campaign_name": "Spring restock",
    "canvas_name": "Welcome",
    "canvas_step_name": "Day 3 reminder",
    "canvas_variation_name": "Variant 1",
    "carrier": "Orange",
    "category": "marketing",
    "channel": "email",
    "channel_identifier": "ada@lumen.example",
    "combination_token": "subject-2/hero-1",
    "completion_tokens": 84,
    "content_length": 612,
    "conversion_behavior": '{"type":"Makes Any Purchase","window":259200}',
    "conversion_behavior_index": 0,
    "country": "FR",
    "currency": "EUR",
    "deferral_reason": "452 4.2.2 Mailbox full",
    "device_model": "iPhone15,2",
    "duration": 312.0,
    "element_label": "See the shoes",
    "element_type": "button",
    "email_address": "ada@lumen.example",
    "endpoint_url": "https://hooks.lumen.example/restock",
    "error": "Unreachable destination handset",
    "esp": "sendgrid",
    "exit_reason": "completed",
    "experiment_split_name": "Path 1",
    "feature_flag_id_name": "new_checkout",
    "flow_response_json": '{"size":"42"}',
    "from_domain": "mail.lumen.example",
    "from_phone_number": "+33700000001",
    "from_rcs_sender": "Lumen Outfitters",
    "gender": "F",
    "host": "hooks.lumen.example",
    "http_status_code": 503,
    "in_control_group": False,
    "in_reply_to": "wamid.4711",
    "inbound_phone_number": "+33700000001",
    "input": "Write a subject line",
    "interaction_type": "suggested_reply",
    "invocation_source": "canvas_step",
    "ios_push_token_apns_gateway": 1,
    "ip_pool": "marketing",
    "is_canvas_entry": True,
    "is_error": False,
    "is_sms_fallback": False,
    "is_suspected_bot_click": False,
    "is_terminal": False,
    "language": "fr",
    "latitude": 48.8566,
    "line_channel_name": "Lumen",
    "link_alias": "hero",
    "live_activity_event_outcome": "delivered",
    "live_activity_event_type": "update",
    "ll_accuracy": 12.0,
    "llm_owned_by_customer": False,
    "longitude": 2.3522,
    "machine_open": "true",
    "media_urls": ["https://media.lumen.example/shoe.jpg"],
    "message_body": "YES",
    "message_extras": '{"offer":"spring"}',
    "message_variation_name": "Variant A",
    "model_name": "copy-small",
    "model_provider": "Lumen",
    "os_version": "17.4",
    "output": "Your size is back",
    "platform": "ios",
    "price": 129.0,
    "product_id": "trail-runner-42",
    "progression_type": "continue",
    "prompt_tokens": 220,
    "provider_error_code": "30003",
    "provider_error_title": "Message undeliverable",
    "push_token_created_at": 1_771_000_000,
    "push_token_foreground_push_disabled": False,
    "push_token_provisionally_opted_in": False,
    "push_token_state_change_type": "add",
    "push_token_updated_at": 1_778_589_128,
    "quick_reply_text": "Yes, please",
    "raw_response": "upstream connect error",
    "reasoning_tokens": 0,
    "recipient_domain": "lumen.example",
    "resolution": "1179x2556",
    "retry_count": 1,
    "retry_log": "429 from the provider",
    "retry_type": "rate_limited",
    "sdk_version": "8.4.0",
    "sending_ip": "192.0.2.25",
    "short_url": "https://lmn.example/a8b1",
    "source": "Google Ads",
    "state_change_source": "preference_center",
    "subscription_status": "Unsubscribed",
    "suspected_bot_click_reason": "user_agent",
    "template_name": "restock",
    "time_ms": TIME_MS,
    "to_phone_number": "+33600000042",
    "to_rcs_sender": "Lumen Outfitters",
    "tool_arguments": '{"sku":"trail-runner-42"}',
    "tool_name": "stock_lookup",
    "total_tokens": 304,
    "url": "https://lumen.example/restock",
    "url_path": "/restock",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)",
    "user_phone_number": "+33600000042",
    "webhook_duration": 240,
    "webhook_failure_source": "endpoint",
}
NESTED: dict[str, dict[str, Any]] = {
    CUSTOM_EVENT: {"name": "Added to cart", "custom_properties": {"size": "42", "in_stock": True}},
    PURCHASE: {"purchase_properties": {"size": "42", "gift": False}},
}


def sample(event_type: EventType) -> dict[str, Any]:
    """The Amplitude event of an invented one that has every property of its type."""
    properties = {name: _value(name) for name in event_type.properties}
    nested = NESTED.get(event_type.name, {})
    somebodys = event_type.name != NOBODYS
    on_a_device = "device_model" in properties or "platform" in properties
    record = EventRecord(
        index=0,
        lane=0,
        type=event_type.name,
        id=_uuid(event_type.name),
        time_ms=TIME_MS,
        external_user_id="usr_204881" if somebodys else None,
        device_id=_uuid("device") if somebodys and on_a_device else None,
        user_id=None,
        properties=msgspec.Raw(orjson.dumps(nested | properties)),
    )
    body = event_body(record, event_type)
    assert not isinstance(body, Unsendable), body
    made: dict[str, Any] = orjson.loads(body)
    return made


def _value(name: str) -> Any:
    """Ids, tokens and keys look alike: the same name has the same one in every sample."""
    return VALUES[name] if name in VALUES else _uuid(name)


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))
