"""Notices 通知: what records tell people, sent through an office's channels after the commit."""
