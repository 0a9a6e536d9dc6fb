# The last run of a test file that applies. prevent_destroy guards what is still configured; here nothing is, so that
# the test can tidy up.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.10, < 7"
    }
  }
}
