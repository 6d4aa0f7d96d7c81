"""Sealed files elsewhere: what a store must do, a folder and S3 as stores, push, pull and proof."""
