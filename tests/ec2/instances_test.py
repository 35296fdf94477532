"""Single instances through boto3: their attributes one at a time, their credits, and what their types offer."""
import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
ATTRIBUTES = {
    "instanceType": ("InstanceType", {"Value": "t3.small"}), "kernel": ("KernelId", {}), "ramdisk": ("RamdiskId", {}),
    "userData": ("UserData", {"Value": "IyEvYmluL3NoCg=="}), "disableApiTermination": ("DisableApiTermination", {"Value": False}),
    "disableApiStop": ("DisableApiStop", {"Value": False}),
    "instanceInitiatedShutdownBehavior": ("InstanceInitiatedShutdownBehavior", {"Value": "terminate"}),
    "rootDeviceName": ("RootDeviceName", {"Value": "/dev/xvda"}), "sourceDestCheck": ("SourceDestCheck", {"Value": True}),
    "ebsOptimized": ("EbsOptimized", {"Value": False}), "enaSupport": ("EnaSupport", {"Value": True}),
    "enclaveOptions": ("EnclaveOptions", {"Enabled": False})}


@pytest.fixture(scope="module")
def ec2(engine):
    return engine.client("ec2")


@pytest.fixture(scope="module")
def instance(ec2):
    return ec2.run_instances(ImageId="ami-0ec5000000000000a", InstanceType="t3.small", MinCount=1, MaxCount=1, UserData="#!/bin/sh\n",
                             InstanceInitiatedShutdownBehavior="terminate")["Instances"][0]["InstanceId"]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_each_attribute_is_told_alone(ec2, instance, name):
    told = ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)
    told.pop("ResponseMetadata")
    member, value = ATTRIBUTES[name]
    assert told == {"InstanceId": instance, member: value}


def test_groups_and_credits(ec2, instance):
    assert [g["GroupName"] for g in ec2.describe_instance_attribute(InstanceId=instance, Attribute="groupSet")["Groups"]] == ["default"]
    credits = ec2.describe_instance_credit_specifications(InstanceIds=[instance])["InstanceCreditSpecifications"]
    assert credits == [{"InstanceId": instance, "CpuCredits": "unlimited"}]


def test_protection_is_off_and_stays_off(ec2, instance):
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    with pytest.raises(ClientError) as refused:
        ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    assert refused.value.response["Error"]["Code"] == "UnsupportedOperation"


def test_a_type_says_what_it_offers(ec2):
    shown = ec2.describe_instance_types(InstanceTypes=["t3.small"])["InstanceTypes"][0]
    assert (shown["NetworkInfo"]["MaximumNetworkInterfaces"], shown["NetworkInfo"]["Ipv4AddressesPerInterface"]) == (3, 4)
    assert shown["EbsInfo"]["NvmeSupport"] == "required"
    assert shown["PlacementGroupInfo"]["SupportedStrategies"] == ["partition", "spread"]
