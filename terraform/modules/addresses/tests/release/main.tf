# The last run of a test file that applies: it forgets what must not be destroyed, so that the test can tidy up.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

removed {
  from = aws_eip.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_network_interface.floating
  lifecycle {
    destroy = false
  }
}

removed {
  from = module.addresses.aws_eip.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = module.addresses.aws_network_interface.floating
  lifecycle {
    destroy = false
  }
}
