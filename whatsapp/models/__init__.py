from whatsapp.models.instance import Instance, InstanceStatus, Problem, Wanted
from whatsapp.models.message import Direction, Message, MessageStatus, Reason
from whatsapp.models.message_setting import MessageSetting
from whatsapp.models.webhook_event import Outcome, WebhookEvent

__all__ = [
    "Direction",
    "Instance",
    "InstanceStatus",
    "Message",
    "MessageSetting",
    "MessageStatus",
    "Outcome",
    "Problem",
    "Reason",
    "Wanted",
    "WebhookEvent",
]
