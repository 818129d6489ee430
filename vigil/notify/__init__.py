"""Telling people away from the screen: group robots of WeCom, DingTalk and Feishu, e-mail, and a signed webhook.

`rules` says who is told of what and when, `message` what is said (`words` in which words), `text` how much of it fits. A
channel of each kind sends a message once and says what came of it; it keeps nothing and tries nothing again. The queue stands in
vigil/store (notices, deliveries), and vigil/center/notify puts the two together.
"""
