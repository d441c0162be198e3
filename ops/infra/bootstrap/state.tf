resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18: the account's CloudTrail tells who read a state; a bucket for its logs would outlive its use
  #checkov:skip=CKV_AWS_144: a state can be imported anew from what runs; the database's backups are what must survive a region
  #checkov:skip=CKV_AWS_145: SSE-S3 encrypts; a key of our own costs 1 USD a month and guards against nobody who may read the bucket
  #checkov:skip=CKV2_AWS_62: nothing acts on a new state
  bucket = var.state_bucket

  lifecycle {
    prevent_destroy = true
  }
}

# Each apply leaves the state before it behind: what to return to after a mishap.
resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "old-states"
    status = "Enabled"

    filter {}

    # A quarter of a year back, and the last twenty however old they are.
    noncurrent_version_expiration {
      noncurrent_days           = 90
      newer_noncurrent_versions = 20
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.state_bucket_arn, "${local.state_bucket_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # Both change the bucket's policy settings, and S3 refuses two such changes at once.
  depends_on = [aws_s3_bucket_public_access_block.state]
}
