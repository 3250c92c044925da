# What examples/kubenet-basic.yaml says, as people write it in Terraform.
resource "azurerm_resource_group" "this" {
  name     = "rg-basic"
  location = var.location
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks-basic"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  dns_prefix          = "basic"

  default_node_pool {
    name       = "system"
    node_count = 2
    vm_size    = "Standard_D4ds_v5"
    upgrade_settings { max_surge = "10%" }
  }
  identity { type = "SystemAssigned" }
  network_profile {
    network_plugin = "kubenet"
    network_policy = "calico"
    pod_cidr       = "10.244.0.0/16"
  }
  azure_active_directory_role_based_access_control {
    admin_group_object_ids = [var.admins]
  }
  node_provisioning_profile { mode = "Manual" }
}
