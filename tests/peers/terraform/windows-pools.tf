# What examples/windows-pools.yaml says, as people write it in Terraform.
resource "azurerm_resource_group" "this" {
  name     = "rg-mixed"
  location = var.location
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-mixed"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.30.0.0/16"]
}

resource "azurerm_subnet" "pools" {
  for_each             = { nodes = "10.30.0.0/20", windows = "10.30.32.0/20" }
  name                 = "snet-${each.key}"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [each.value]
}

resource "azurerm_kubernetes_cluster" "this" {
  name                   = "aks-mixed"
  location               = var.location
  resource_group_name    = azurerm_resource_group.this.name
  dns_prefix             = "mixed"
  sku_tier               = "Standard"
  local_account_disabled = true

  default_node_pool {
    name                         = "system"
    node_count                   = 3
    vm_size                      = "Standard_D4ds_v5"
    vnet_subnet_id               = azurerm_subnet.pools["nodes"].id
    only_critical_addons_enabled = true
    upgrade_settings { max_surge = "10%" }
  }
  identity { type = "SystemAssigned" }
  network_profile {
    network_plugin = "azure"
    network_policy = "calico"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }
  api_server_access_profile { authorized_ip_ranges = ["203.0.113.0/24"] }
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    admin_group_object_ids = [var.admins]
  }
  windows_profile {
    admin_username = "nodekeeper"
    admin_password = "Long-enough-4-Azure!"
  }
  node_provisioning_profile { mode = "Manual" }
}

resource "azurerm_kubernetes_cluster_node_pool" "windows" {
  name                  = "win"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.this.id
  vm_size               = "Standard_D8ds_v5"
  os_type               = "Windows"
  os_sku                = "Windows2022"
  auto_scaling_enabled  = true
  min_count             = 2
  max_count             = 5
  node_taints           = ["os=windows:NoSchedule"]
  vnet_subnet_id        = azurerm_subnet.pools["windows"].id
  upgrade_settings { max_surge = "10%" }
}
