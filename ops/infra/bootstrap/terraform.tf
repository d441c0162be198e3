terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
  }

  # The bucket for states cannot keep the state that makes it. This one changes about never and holds
  # no secret; the README says where to keep the file, and what to do when it is lost.
  backend "local" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      project   = "tickbox"
      component = "bootstrap"
    }
  }
}
