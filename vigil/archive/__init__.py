"""The centre's archive: footage, clips and evidence as objects in a folder or in S3.

`objects` says what a store promises, `folder` and `s3` keep the promise. Nothing here knows the database.
"""
