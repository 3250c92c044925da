# Beside each configuration here. The provider is told nothing but the subscription: it signs in from ARM_* variables.
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

provider "azurerm" {
  features {
    key_vault {
      purge_soft_delete_on_destroy    = false
      recover_soft_deleted_key_vaults = true
    }
  }
}

variable "location" { default = "westeurope" }
variable "admins" { default = "5f3c2a10-6d0e-4b7a-9c55-1f2e3d4c5b6a" }
