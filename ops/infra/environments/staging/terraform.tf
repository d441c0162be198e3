terraform {
  required_version = ">= 1.11"

  # Exact here, a range in the modules: what runs is what was checked, in both environments.
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
  }

  # Bucket and region come by -backend-config, since each account has its own. No variable may stand here, so the
  # key is the one line by which this file differs from that of the other environment.
  backend "s3" {
    key          = "staging/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project     = "tickbox"
      environment = local.environment_name
      managed_by  = "terraform"
    }
  }
}
