// Published by AWS; the documents are AWS's, to the letter but for white space.
#include "services/iam/managed_policies.h"

#include <fmt/format.h>

namespace services::iam {
namespace {

constexpr AwsPolicy kAwsPolicies[] = {
    {"/aws-service-role/", "AWSApplicationAutoscalingECSServicePolicy", "v3", 1508975588000, 1779312433000,
     R"({"Statement":[{"Action":["ecs:DescribeServices","ecs:DescribeServiceRevisions","ecs:UpdateService",)"
     R"("cloudwatch:PutMetricAlarm","cloudwatch:DescribeAlarms","cloudwatch:GetMetricData","cloudwatch:DeleteAlarms"],)"
     R"("Effect":"Allow","Resource":["*"]}],"Version":"2012-10-17"})"},
    {"/", "AWSCodeDeployRoleForECS", "v3", 1543351257000, 1569278266000,
     R"({"Statement":[{"Action":["ecs:DescribeServices","ecs:CreateTaskSet","ecs:UpdateServicePrimaryTaskSet",)"
     R"("ecs:DeleteTaskSet","elasticloadbalancing:DescribeTargetGroups","elasticloadbalancing:DescribeListeners",)"
     R"("elasticloadbalancing:ModifyListener","elasticloadbalancing:DescribeRules","elasticloadbalancing:ModifyRule",)"
     R"("lambda:InvokeFunction","cloudwatch:DescribeAlarms","sns:Publish","s3:GetObject","s3:GetObjectVersion"],)"
     R"("Effect":"Allow","Resource":"*"},{"Action":["iam:PassRole"],"Condition":{"StringLike":{"iam:PassedToService":[)"
     R"("ecs-tasks.amazonaws.com"]}},"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AWSCodeDeployRoleForECSLimited", "v3", 1543351362000, 1569276629000,
     R"({"Statement":[{"Action":["ecs:DescribeServices","ecs:CreateTaskSet","ecs:UpdateServicePrimaryTaskSet",)"
     R"("ecs:DeleteTaskSet","cloudwatch:DescribeAlarms"],"Effect":"Allow","Resource":"*"},{"Action":["sns:Publish"],)"
     R"("Effect":"Allow","Resource":"arn:aws:sns:*:*:CodeDeployTopic_*"},)"
     R"({"Action":["elasticloadbalancing:DescribeTargetGroups","elasticloadbalancing:DescribeListeners",)"
     R"("elasticloadbalancing:ModifyListener","elasticloadbalancing:DescribeRules","elasticloadbalancing:ModifyRule"],)"
     R"("Effect":"Allow","Resource":"*"},{"Action":["lambda:InvokeFunction"],"Effect":"Allow",)"
     R"("Resource":"arn:aws:lambda:*:*:function:CodeDeployHook_*"},{"Action":["s3:GetObject","s3:GetObjectVersion"],)"
     R"("Condition":{"StringEquals":{"s3:ExistingObjectTag/UseWithCodeDeploy":"true"}},"Effect":"Allow",)"
     R"("Resource":"*"},{"Action":["iam:PassRole"],"Condition":{"StringLike":{"iam:PassedToService":["ecs-tasks.amazon)"
     R"(aws.com"]}},"Effect":"Allow","Resource":["arn:aws:iam::*:role/ecsTaskExecutionRole",)"
     R"("arn:aws:iam::*:role/ECSTaskExecution*"]}],"Version":"2012-10-17"})"},
    {"/", "AWSXRayDaemonWriteAccess", "v2", 1535497233000, 1707861510000,
     R"({"Statement":[{"Action":["xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules",)"
     R"("xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Effect":"Allow","Resource":["*"],)"
     R"("Sid":"AWSXRayDaemonWriteAccess"}],"Version":"2012-10-17"})"},
    {"/", "AdministratorAccess", "v1", 1423247986000, 1423247986000,
     R"({"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonEC2ContainerRegistryFullAccess", "v3", 1450717608000, 1607126659000,
     R"({"Statement":[{"Action":["ecr:*","cloudtrail:LookupEvents"],"Effect":"Allow","Resource":"*"},)"
     R"({"Action":["iam:CreateServiceLinkedRole"],"Condition":{"StringEquals":{"iam:AWSServiceName":["replication.ecr.)"
     R"(amazonaws.com"]}},"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonEC2ContainerRegistryPowerUser", "v3", 1450717533000, 1576010888000,
     R"({"Statement":[{"Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability",)"
     R"("ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages",)"
     R"("ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview",)"
     R"("ecr:ListTagsForResource","ecr:DescribeImageScanFindings","ecr:InitiateLayerUpload","ecr:UploadLayerPart",)"
     R"("ecr:CompleteLayerUpload","ecr:PutImage"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonEC2ContainerRegistryPullOnly", "v1", 1728061129000, 1728061129000,
     R"({"Statement":[{"Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer",)"
     R"("ecr:BatchImportUpstreamImage"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonEC2ContainerRegistryReadOnly", "v3", 1450717455000, 1576011392000,
     R"({"Statement":[{"Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability",)"
     R"("ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages",)"
     R"("ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview",)"
     R"("ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],"Effect":"Allow","Resource":"*"}],)"
     R"("Version":"2012-10-17"})"},
    {"/service-role/", "AmazonEC2ContainerServiceAutoscaleRole", "v2", 1463095544000, 1517858115000,
     R"({"Statement":[{"Action":["ecs:DescribeServices","ecs:UpdateService"],"Effect":"Allow","Resource":["*"]},)"
     R"({"Action":["cloudwatch:DescribeAlarms","cloudwatch:PutMetricAlarm"],"Effect":"Allow","Resource":["*"]}],)"
     R"("Version":"2012-10-17"})"},
    {"/service-role/", "AmazonEC2ContainerServiceEventsRole", "v3", 1496163095000, 1678141512000,
     R"({"Statement":[{"Action":["ecs:RunTask"],"Effect":"Allow","Resource":["*"]},{"Action":"iam:PassRole",)"
     R"("Condition":{"StringLike":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}},"Effect":"Allow",)"
     R"("Resource":["*"]},{"Action":"ecs:TagResource","Condition":{"StringEquals":{"ecs:CreateAction":["RunTask"]}},)"
     R"("Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/service-role/", "AmazonEC2ContainerServiceRole", "v2", 1428596059000, 1470920881000,
     R"({"Statement":[{"Action":["ec2:AuthorizeSecurityGroupIngress","ec2:Describe*",)"
     R"("elasticloadbalancing:DeregisterInstancesFromLoadBalancer","elasticloadbalancing:DeregisterTargets",)"
     R"("elasticloadbalancing:Describe*","elasticloadbalancing:RegisterInstancesWithLoadBalancer",)"
     R"("elasticloadbalancing:RegisterTargets"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/service-role/", "AmazonEC2ContainerServiceforEC2Role", "v10", 1426790718000, 1770919192000,
     R"({"Statement":[{"Action":["ec2:DescribeTags","ecs:CreateCluster","ecs:DeregisterContainerInstance",)"
     R"("ecs:DiscoverPollEndpoint","ecs:Poll","ecs:RegisterContainerInstance","ecs:StartTelemetrySession",)"
     R"("ecs:UpdateContainerInstancesState","ecs:Submit*","ecr:GetAuthorizationToken",)"
     R"("ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream",)"
     R"("logs:PutLogEvents"],"Effect":"Allow","Resource":"*"},{"Action":"ecs:TagResource",)"
     R"("Condition":{"StringEquals":{"ecs:CreateAction":["CreateCluster","RegisterContainerInstance"]}},)"
     R"("Effect":"Allow","Resource":"*"},{"Action":["ecs:ListTagsForResource"],"Effect":"Allow",)"
     R"("Resource":["arn:aws:ecs:*:*:task/*/*","arn:aws:ecs:*:*:container-instance/*/*"]}],"Version":"2012-10-17"})"},
    {"/", "AmazonEC2FullAccess", "v5", 1423248015000, 1543285016000,
     R"({"Statement":[{"Action":"ec2:*","Effect":"Allow","Resource":"*"},{"Action":"elasticloadbalancing:*",)"
     R"("Effect":"Allow","Resource":"*"},{"Action":"cloudwatch:*","Effect":"Allow","Resource":"*"},)"
     R"({"Action":"autoscaling:*","Effect":"Allow","Resource":"*"},{"Action":"iam:CreateServiceLinkedRole",)"
     R"("Condition":{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","ec2scheduled.amazonaws.com",)"
     R"("elasticloadbalancing.amazonaws.com","spot.amazonaws.com","spotfleet.amazonaws.com",)"
     R"("transitgateway.amazonaws.com"]}},"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonEC2ReadOnlyAccess", "v5", 1423248017000, 1770919397000,
     R"({"Statement":[{"Action":["ec2:Describe*","ec2:GetSecurityGroupsForVpc"],"Effect":"Allow","Resource":"*"},)"
     R"({"Action":"elasticloadbalancing:Describe*","Effect":"Allow","Resource":"*"},)"
     R"({"Action":["cloudwatch:ListMetrics","cloudwatch:GetMetricStatistics","cloudwatch:Describe*"],"Effect":"Allow",)"
     R"("Resource":"*"},{"Action":"autoscaling:Describe*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonECSInfrastructureRolePolicyForLoadBalancers", "v6", 1752770227000, 1770919265000,
     R"({"Statement":[{"Action":["elasticloadbalancing:DescribeListeners","elasticloadbalancing:DescribeRules",)"
     R"("elasticloadbalancing:DescribeTargetGroups","elasticloadbalancing:DescribeTargetHealth"],"Effect":"Allow",)"
     R"("Resource":"*","Sid":"ELBReadOperations"},{"Action":["elasticloadbalancing:RegisterTargets",)"
     R"("elasticloadbalancing:DeregisterTargets"],"Effect":"Allow","Resource":"arn:aws:elasticloadbalancing:*:*:target)"
     R"(group/*/*","Sid":"TargetGroupOperations"},{"Action":"elasticloadbalancing:ModifyListener","Effect":"Allow",)"
     R"("Resource":["arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*"],"Sid":"ALBModifyListeners"},)"
     R"({"Action":"elasticloadbalancing:ModifyListener","Effect":"Allow",)"
     R"("Resource":["arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*"],"Sid":"NLBModifyListeners"},)"
     R"({"Action":"elasticloadbalancing:ModifyRule","Effect":"Allow",)"
     R"("Resource":["arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*"],"Sid":"ALBModifyRules"}],)"
     R"("Version":"2012-10-17"})"},
    {"/service-role/", "AmazonECSInfrastructureRolePolicyForVolumes", "v5", 1704927401000, 1770919354000,
     R"({"Statement":[{"Action":"ec2:CreateVolume","Condition":{"ArnLike":{"aws:RequestTag/AmazonECSCreated":"arn:aws:)"
     R"(ecs:*:*:task/*"},"StringEquals":{"aws:RequestTag/AmazonECSManaged":"true"}},"Effect":"Allow",)"
     R"("Resource":"arn:aws:ec2:*:*:volume/*","Sid":"CreateEBSManagedVolume"},{"Action":"ec2:CreateVolume",)"
     R"("Effect":"Allow","Resource":"arn:aws:ec2:*:*:snapshot/*","Sid":"CreateEBSManagedVolumeFromSnapshot"},)"
     R"({"Action":"ec2:CreateTags","Condition":{"ArnLike":{"aws:RequestTag/AmazonECSCreated":"arn:aws:ecs:*:*:task/*"})"
     R"(,"StringEquals":{"aws:RequestTag/AmazonECSManaged":"true","ec2:CreateAction":"CreateVolume"}},)"
     R"("Effect":"Allow","Resource":"arn:aws:ec2:*:*:volume/*","Sid":"TagOnCreateVolume"},)"
     R"({"Action":["ec2:DescribeVolumes","ec2:DescribeAvailabilityZones"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"DescribeVolumesForLifecycle"},{"Action":["ec2:DescribeInstances"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"DescribeInstancesForAttachingVolume"},{"Action":["ec2:AttachVolume","ec2:DetachVolume"],)"
     R"("Condition":{"StringEquals":{"aws:ResourceTag/AmazonECSManaged":"true"}},"Effect":"Allow",)"
     R"("Resource":"arn:aws:ec2:*:*:volume/*","Sid":"ManageEBSVolumeLifecycle"},{"Action":["ec2:AttachVolume",)"
     R"("ec2:DetachVolume"],"Effect":"Allow","Resource":"arn:aws:ec2:*:*:instance/*",)"
     R"("Sid":"ManageVolumeAttachmentsForEC2"},{"Action":"ec2:DeleteVolume",)"
     R"("Condition":{"ArnLike":{"aws:ResourceTag/AmazonECSCreated":"arn:aws:ecs:*:*:task/*"},)"
     R"("StringEquals":{"aws:ResourceTag/AmazonECSManaged":"true"}},"Effect":"Allow",)"
     R"("Resource":"arn:aws:ec2:*:*:volume/*","Sid":"DeleteEBSManagedVolume"}],"Version":"2012-10-17"})"},
    {"/aws-service-role/", "AmazonECSServiceRolePolicy", "v24", 1507943938000, 1776899529000,
     R"({"Statement":[{"Action":["ec2:AttachNetworkInterface","ec2:AssociateTrunkInterface",)"
     R"("ec2:CreateNetworkInterface","ec2:CreateNetworkInterfacePermission","ec2:DeleteNetworkInterface",)"
     R"("ec2:DeleteNetworkInterfacePermission","ec2:Describe*","ec2:DetachNetworkInterface",)"
     R"("ec2:DisassociateTrunkInterface","elasticloadbalancing:DeregisterInstancesFromLoadBalancer",)"
     R"("elasticloadbalancing:DeregisterTargets","elasticloadbalancing:Describe*",)"
     R"("elasticloadbalancing:RegisterInstancesWithLoadBalancer","elasticloadbalancing:RegisterTargets",)"
     R"("route53:ChangeResourceRecordSets","route53:CreateHealthCheck","route53:DeleteHealthCheck","route53:Get*",)"
     R"("route53:List*","route53:UpdateHealthCheck","servicediscovery:DeregisterInstance","servicediscovery:Get*",)"
     R"("servicediscovery:List*","servicediscovery:RegisterInstance",)"
     R"("servicediscovery:UpdateInstanceCustomHealthStatus"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"ECSTaskManagement"},{"Action":["autoscaling:Describe*"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"AutoScaling"},{"Action":["autoscaling:DeletePolicy","autoscaling:PutScalingPolicy",)"
     R"("autoscaling:SetInstanceProtection","autoscaling:UpdateAutoScalingGroup","autoscaling:PutLifecycleHook",)"
     R"("autoscaling:DeleteLifecycleHook","autoscaling:CompleteLifecycleAction",)"
     R"("autoscaling:RecordLifecycleActionHeartbeat","autoscaling:TerminateInstanceInAutoScalingGroup"],)"
     R"("Condition":{"Null":{"autoscaling:ResourceTag/AmazonECSManaged":"false"}},"Effect":"Allow","Resource":"*",)"
     R"("Sid":"AutoScalingManagement"},{"Action":["autoscaling-plans:CreateScalingPlan",)"
     R"("autoscaling-plans:DeleteScalingPlan","autoscaling-plans:DescribeScalingPlans",)"
     R"("autoscaling-plans:DescribeScalingPlanResources"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"AutoScalingPlanManagement"},{"Action":["events:DescribeRule","events:ListTargetsByRule"],)"
     R"("Effect":"Allow","Resource":"arn:aws:events:*:*:rule/ecs-managed-*","Sid":"EventBridge"},)"
     R"({"Action":["events:PutRule","events:PutTargets"],"Condition":{"StringEquals":{"events:ManagedBy":"ecs.amazonaw)"
     R"(s.com"}},"Effect":"Allow","Resource":"*","Sid":"EventBridgeRuleManagement"},)"
     R"({"Action":["cloudwatch:DeleteAlarms","cloudwatch:DescribeAlarms","cloudwatch:PutMetricAlarm"],)"
     R"("Effect":"Allow","Resource":"arn:aws:cloudwatch:*:*:alarm:*","Sid":"CWAlarmManagement"},)"
     R"({"Action":["ec2:CreateTags"],"Effect":"Allow","Resource":"arn:aws:ec2:*:*:network-interface/*",)"
     R"("Sid":"ECSTagging"},{"Action":["logs:CreateLogGroup","logs:DescribeLogGroups","logs:PutRetentionPolicy"],)"
     R"("Effect":"Allow","Resource":"arn:aws:logs:*:*:log-group:/aws/ecs/*","Sid":"CWLogGroupManagement"},)"
     R"({"Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow",)"
     R"("Resource":"arn:aws:logs:*:*:log-group:/aws/ecs/*:log-stream:*","Sid":"CWLogStreamManagement"},)"
     R"({"Action":["ssm:DescribeSessions"],"Effect":"Allow","Resource":"*","Sid":"ExecuteCommandSessionManagement"},)"
     R"({"Action":["ssm:StartSession"],"Effect":"Allow","Resource":["arn:aws:ecs:*:*:task/*",)"
     R"("arn:aws:ssm:*:*:document/AmazonECS-ExecuteInteractiveCommand"],"Sid":"ExecuteCommand"},)"
     R"({"Action":["ssmmessages:OpenDataChannel"],"Condition":{"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceA)"
     R"(ccount}"}},"Effect":"Allow","Resource":["arn:aws:ssm:*:*:session/*"],"Sid":"OpenDataChannel"},)"
     R"({"Action":["servicediscovery:CreateHttpNamespace","servicediscovery:CreateService"],)"
     R"("Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["AmazonECSManaged"]}},"Effect":"Allow",)"
     R"("Resource":"*","Sid":"CloudMapResourceCreation"},{"Action":"servicediscovery:TagResource",)"
     R"("Condition":{"StringLike":{"aws:RequestTag/AmazonECSManaged":"*"}},"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CloudMapResourceTagging"},{"Action":["servicediscovery:DeleteService"],)"
     R"("Condition":{"Null":{"aws:ResourceTag/AmazonECSManaged":"false"}},"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CloudMapResourceDeletion"},{"Action":["servicediscovery:DiscoverInstances",)"
     R"("servicediscovery:DiscoverInstancesRevision"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CloudMapResourceDiscovery"},{"Action":["servicediscovery:UpdateServiceAttributes"],)"
     R"("Condition":{"Null":{"aws:ResourceTag/AmazonECSManaged":"false"}},"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CloudMapResourceAttributeManagement"},{"Action":["ec2:DescribeInstanceEventWindows"],"Effect":"Allow",)"
     R"("Resource":"*","Sid":"ReadOnlyPermissionsForInstanceEventWindows"}],"Version":"2012-10-17"})"},
    {"/service-role/", "AmazonECSTaskExecutionRolePolicy", "v1", 1510858102000, 1510858102000,
     R"({"Statement":[{"Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability",)"
     R"("ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Effect":"Allow",)"
     R"("Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonECS_FullAccess", "v22", 1510090614000, 1788360427000,
     R"({"Statement":[{"Action":["application-autoscaling:DeleteScalingPolicy",)"
     R"("application-autoscaling:DeregisterScalableTarget","application-autoscaling:DescribeScalableTargets",)"
     R"("application-autoscaling:DescribeScalingActivities","application-autoscaling:DescribeScalingPolicies",)"
     R"("application-autoscaling:PutScalingPolicy","application-autoscaling:RegisterScalableTarget",)"
     R"("appmesh:DescribeVirtualGateway","appmesh:DescribeVirtualNode","appmesh:ListMeshes",)"
     R"("appmesh:ListVirtualGateways","appmesh:ListVirtualNodes","autoscaling:CreateAutoScalingGroup",)"
     R"("autoscaling:CreateLaunchConfiguration","autoscaling:DeleteAutoScalingGroup",)"
     R"("autoscaling:DeleteLaunchConfiguration","autoscaling:Describe*","autoscaling:UpdateAutoScalingGroup",)"
     R"("cloudformation:CreateStack","cloudformation:DeleteStack","cloudformation:DescribeStack*",)"
     R"("cloudformation:UpdateStack","cloudwatch:DeleteAlarms","cloudwatch:DescribeAlarms",)"
     R"("cloudwatch:GetMetricStatistics","cloudwatch:PutMetricAlarm","codedeploy:BatchGetApplicationRevisions",)"
     R"("codedeploy:BatchGetApplications","codedeploy:BatchGetDeploymentGroups","codedeploy:BatchGetDeployments",)"
     R"("codedeploy:ContinueDeployment","codedeploy:CreateApplication","codedeploy:CreateDeployment",)"
     R"("codedeploy:CreateDeploymentGroup","codedeploy:GetApplication","codedeploy:GetApplicationRevision",)"
     R"("codedeploy:GetDeployment","codedeploy:GetDeploymentConfig","codedeploy:GetDeploymentGroup",)"
     R"("codedeploy:GetDeploymentTarget","codedeploy:ListApplicationRevisions","codedeploy:ListApplications",)"
     R"("codedeploy:ListDeploymentConfigs","codedeploy:ListDeploymentGroups","codedeploy:ListDeployments",)"
     R"("codedeploy:ListDeploymentTargets","codedeploy:RegisterApplicationRevision","codedeploy:StopDeployment",)"
     R"("ec2:AssociateRouteTable","ec2:AttachInternetGateway","ec2:AuthorizeSecurityGroupIngress",)"
     R"("ec2:CancelSpotFleetRequests","ec2:CreateInternetGateway","ec2:CreateLaunchTemplate","ec2:CreateRoute",)"
     R"("ec2:CreateRouteTable","ec2:CreateSecurityGroup","ec2:CreateSubnet","ec2:CreateVpc",)"
     R"("ec2:DeleteLaunchTemplate","ec2:DeleteSubnet","ec2:DeleteVpc","ec2:Describe*","ec2:DetachInternetGateway",)"
     R"("ec2:DisassociateRouteTable","ec2:ModifySubnetAttribute","ec2:ModifyVpcAttribute","ec2:RequestSpotFleet",)"
     R"("ec2:RunInstances","ecs:*","elasticfilesystem:DescribeAccessPoints","elasticfilesystem:DescribeFileSystems",)"
     R"("elasticloadbalancing:CreateListener","elasticloadbalancing:CreateLoadBalancer",)"
     R"("elasticloadbalancing:CreateRule","elasticloadbalancing:CreateTargetGroup",)"
     R"("elasticloadbalancing:DeleteListener","elasticloadbalancing:DeleteLoadBalancer",)"
     R"("elasticloadbalancing:DeleteRule","elasticloadbalancing:DeleteTargetGroup",)"
     R"("elasticloadbalancing:DescribeListeners","elasticloadbalancing:DescribeLoadBalancers",)"
     R"("elasticloadbalancing:DescribeRules","elasticloadbalancing:DescribeTargetGroups","events:DeleteRule",)"
     R"("events:DescribeRule","events:ListRuleNamesByTarget","events:ListTargetsByRule","events:PutRule",)"
     R"("events:PutTargets","events:RemoveTargets","fsx:DescribeFileSystems","iam:ListAttachedRolePolicies",)"
     R"("iam:ListInstanceProfiles","iam:ListRoles","lambda:ListFunctions","logs:CreateLogGroup",)"
     R"("logs:DescribeLogGroups","logs:FilterLogEvents","route53:CreateHostedZone","route53:DeleteHostedZone",)"
     R"("route53:GetHealthCheck","route53:GetHostedZone","route53:ListHostedZonesByName",)"
     R"("servicediscovery:CreatePrivateDnsNamespace","servicediscovery:CreateService",)"
     R"("servicediscovery:DeleteService","servicediscovery:GetNamespace","servicediscovery:GetOperation",)"
     R"("servicediscovery:GetService","servicediscovery:ListNamespaces","servicediscovery:ListServices",)"
     R"("servicediscovery:UpdateService","sns:ListTopics"],"Effect":"Allow","Resource":["*"],)"
     R"("Sid":"ECSIntegrationsManagementPolicy"},{"Action":["ssm:GetParameter","ssm:GetParameters",)"
     R"("ssm:GetParametersByPath"],"Effect":"Allow","Resource":"arn:aws:ssm:*:*:parameter/aws/service/ecs*",)"
     R"("Sid":"SSMPolicy"},{"Action":["ec2:DeleteInternetGateway","ec2:DeleteRoute","ec2:DeleteRouteTable",)"
     R"("ec2:DeleteSecurityGroup"],"Condition":{"StringLike":{"ec2:ResourceTag/aws:cloudformation:stack-name":"EC2Cont)"
     R"(ainerService-*"}},"Effect":"Allow","Resource":["*"],"Sid":"ManagedCloudformationResourcesCleanupPolicy"},)"
     R"({"Action":"iam:PassRole","Condition":{"StringLike":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}},)"
     R"("Effect":"Allow","Resource":["*"],"Sid":"TasksPassRolePolicy"},{"Action":"iam:PassRole",)"
     R"("Condition":{"StringEquals":{"iam:PassedToService":"ecs.amazonaws.com"}},"Effect":"Allow",)"
     R"("Resource":["arn:aws:iam::*:role/ecsInfrastructureRole"],"Sid":"InfrastructurePassRolePolicy"},)"
     R"({"Action":"iam:PassRole","Condition":{"StringLike":{"iam:PassedToService":["ec2.amazonaws.com",)"
     R"("ec2.amazonaws.com.cn"]}},"Effect":"Allow","Resource":["arn:aws:iam::*:role/ecsInstanceRole*"],)"
     R"("Sid":"InstancePassRolePolicy"},{"Action":"iam:PassRole","Condition":{"StringLike":{"iam:PassedToService":["ap)"
     R"(plication-autoscaling.amazonaws.com","application-autoscaling.amazonaws.com.cn"]}},"Effect":"Allow",)"
     R"("Resource":["arn:aws:iam::*:role/ecsAutoscaleRole*"],"Sid":"AutoScalingPassRolePolicy"},)"
     R"({"Action":"iam:CreateServiceLinkedRole","Condition":{"StringLike":{"iam:AWSServiceName":["ecs.amazonaws.com",)"
     R"("autoscaling.amazonaws.com","ecs.application-autoscaling.amazonaws.com","spot.amazonaws.com",)"
     R"("spotfleet.amazonaws.com"]}},"Effect":"Allow","Resource":"*","Sid":"ServiceLinkedRoleCreationPolicy"},)"
     R"({"Action":["elasticloadbalancing:AddTags"],"Condition":{"StringEquals":{"elasticloadbalancing:CreateAction":[")"
     R"(CreateTargetGroup","CreateRule","CreateListener","CreateLoadBalancer"]}},"Effect":"Allow","Resource":"*",)"
     R"("Sid":"ELBTaggingPolicy"},{"Action":["cloudformation:TagResource","cloudformation:UntagResource"],)"
     R"("Condition":{"StringEquals":{"cloudformation:CreateAction":["CreateStack","UpdateStack"]}},"Effect":"Allow",)"
     R"("Resource":"*","Sid":"CloudFormationTagOnCreate"}],"Version":"2012-10-17"})"},
    {"/", "AmazonElasticFileSystemClientReadWriteAccess", "v1", 1578932515000, 1578932515000,
     R"({"Statement":[{"Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite",)"
     R"("elasticfilesystem:DescribeMountTargets"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonS3FullAccess", "v2", 1423248058000, 1632773797000,
     R"({"Statement":[{"Action":["s3:*","s3-object-lambda:*"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonS3ReadOnlyAccess", "v3", 1423248059000, 1691703099000,
     R"({"Statement":[{"Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*",)"
     R"("s3-object-lambda:List*"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonSNSFullAccess", "v2", 1423248065000, 1727217125000,
     R"({"Statement":[{"Action":"sns:*","Effect":"Allow","Resource":"*","Sid":"SNSFullAccess"},)"
     R"({"Action":["sms-voice:DescribeVerifiedDestinationNumbers","sms-voice:CreateVerifiedDestinationNumber",)"
     R"("sms-voice:SendDestinationNumberVerificationCode","sms-voice:SendTextMessage",)"
     R"("sms-voice:DeleteVerifiedDestinationNumber","sms-voice:VerifyDestinationNumber",)"
     R"("sms-voice:DescribeAccountAttributes","sms-voice:DescribeSpendLimits","sms-voice:DescribePhoneNumbers",)"
     R"("sms-voice:SetTextMessageSpendLimitOverride","sms-voice:DescribeOptedOutNumbers",)"
     R"("sms-voice:DeleteOptedOutNumber"],"Condition":{"StringEquals":{"aws:CalledViaLast":"sns.amazonaws.com"}},)"
     R"("Effect":"Allow","Resource":"*","Sid":"SMSAccessViaSNS"}],"Version":"2012-10-17"})"},
    {"/", "AmazonSQSFullAccess", "v1", 1423248067000, 1423248067000,
     R"({"Statement":[{"Action":["sqs:*"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonSSMManagedEC2InstanceDefaultPolicy", "v2", 1661892867000, 1721153647000,
     R"({"Statement":[{"Action":["ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotForInstance",)"
     R"("ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:ListAssociations",)"
     R"("ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult",)"
     R"("ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],)"
     R"("Effect":"Allow","Resource":"*","Sid":"AllowSSMAgentPermissions"},)"
     R"({"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel",)"
     R"("ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"AllowSSMChannelMessaging"},{"Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage",)"
     R"("ec2messages:FailMessage","ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],)"
     R"("Effect":"Allow","Resource":"*","Sid":"AllowSSMLegacyMessaging"}],"Version":"2012-10-17"})"},
    {"/", "AmazonSSMManagedInstanceCore", "v2", 1552670532000, 1558630461000,
     R"({"Statement":[{"Action":["ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotForInstance",)"
     R"("ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters",)"
     R"("ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems",)"
     R"("ssm:PutConfigurePackageResult","ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus",)"
     R"("ssm:UpdateInstanceInformation"],"Effect":"Allow","Resource":"*"},)"
     R"({"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel",)"
     R"("ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Effect":"Allow","Resource":"*"},)"
     R"({"Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage",)"
     R"("ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Effect":"Allow",)"
     R"("Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "AmazonSSMReadOnlyAccess", "v1", 1432921459000, 1432921459000,
     R"({"Statement":[{"Action":["ssm:Describe*","ssm:Get*","ssm:List*"],"Effect":"Allow","Resource":"*"}],)"
     R"("Version":"2012-10-17"})"},
    {"/", "AmazonVPCFullAccess", "v13", 1423248076000, 1770919244000,
     R"({"Statement":[{"Action":["ec2:AcceptVpcPeeringConnection","ec2:AcceptVpcEndpointConnections",)"
     R"("ec2:AllocateAddress","ec2:AssignIpv6Addresses","ec2:AssignPrivateIpAddresses","ec2:AssociateAddress",)"
     R"("ec2:AssociateDhcpOptions","ec2:AssociateRouteTable","ec2:AssociateSecurityGroupVpc",)"
     R"("ec2:AssociateSubnetCidrBlock","ec2:AssociateVpcCidrBlock","ec2:AttachClassicLinkVpc",)"
     R"("ec2:AttachInternetGateway","ec2:AttachNetworkInterface","ec2:AttachVpnGateway",)"
     R"("ec2:AuthorizeSecurityGroupEgress","ec2:AuthorizeSecurityGroupIngress","ec2:CreateCarrierGateway",)"
     R"("ec2:CreateCustomerGateway","ec2:CreateDefaultSubnet","ec2:CreateDefaultVpc","ec2:CreateDhcpOptions",)"
     R"("ec2:CreateEgressOnlyInternetGateway","ec2:CreateFlowLogs","ec2:CreateInternetGateway",)"
     R"("ec2:CreateLocalGatewayRouteTableVpcAssociation","ec2:CreateNatGateway","ec2:CreateNetworkAcl",)"
     R"("ec2:CreateNetworkAclEntry","ec2:CreateNetworkInterface","ec2:CreateNetworkInterfacePermission",)"
     R"("ec2:CreateRoute","ec2:CreateRouteTable","ec2:CreateSecurityGroup","ec2:CreateSubnet","ec2:CreateTags",)"
     R"("ec2:CreateVpc","ec2:CreateVpcEndpoint","ec2:CreateVpcEndpointConnectionNotification",)"
     R"("ec2:CreateVpcEndpointServiceConfiguration","ec2:CreateVpcPeeringConnection","ec2:CreateVpnConnection",)"
     R"("ec2:CreateVpnConnectionRoute","ec2:CreateVpnGateway","ec2:DeleteCarrierGateway","ec2:DeleteCustomerGateway",)"
     R"("ec2:DeleteDhcpOptions","ec2:DeleteEgressOnlyInternetGateway","ec2:DeleteFlowLogs",)"
     R"("ec2:DeleteInternetGateway","ec2:DeleteLocalGatewayRouteTableVpcAssociation","ec2:DeleteNatGateway",)"
     R"("ec2:DeleteNetworkAcl","ec2:DeleteNetworkAclEntry","ec2:DeleteNetworkInterface",)"
     R"("ec2:DeleteNetworkInterfacePermission","ec2:DeleteRoute","ec2:DeleteRouteTable","ec2:DeleteSecurityGroup",)"
     R"("ec2:DeleteSubnet","ec2:DeleteTags","ec2:DeleteVpc","ec2:DeleteVpcEndpoints",)"
     R"("ec2:DeleteVpcEndpointConnectionNotifications","ec2:DeleteVpcEndpointServiceConfigurations",)"
     R"("ec2:DeleteVpcPeeringConnection","ec2:DeleteVpnConnection","ec2:DeleteVpnConnectionRoute",)"
     R"("ec2:DeleteVpnGateway","ec2:DescribeAccountAttributes","ec2:DescribeAddresses",)"
     R"("ec2:DescribeAvailabilityZones","ec2:DescribeCarrierGateways","ec2:DescribeClassicLinkInstances",)"
     R"("ec2:DescribeCustomerGateways","ec2:DescribeDhcpOptions","ec2:DescribeEgressOnlyInternetGateways",)"
     R"("ec2:DescribeFlowLogs","ec2:DescribeInstances","ec2:DescribeInternetGateways","ec2:DescribeIpv6Pools",)"
     R"("ec2:DescribeLocalGatewayRouteTables","ec2:DescribeLocalGatewayRouteTableVpcAssociations",)"
     R"("ec2:DescribeKeyPairs","ec2:DescribeMovingAddresses","ec2:DescribeNatGateways","ec2:DescribeNetworkAcls",)"
     R"("ec2:DescribeNetworkInterfaceAttribute","ec2:DescribeNetworkInterfacePermissions",)"
     R"("ec2:DescribeNetworkInterfaces","ec2:DescribePrefixLists","ec2:DescribeRouteTables",)"
     R"("ec2:DescribeSecurityGroupReferences","ec2:DescribeSecurityGroupRules","ec2:DescribeSecurityGroups",)"
     R"("ec2:DescribeSecurityGroupVpcAssociations","ec2:DescribeStaleSecurityGroups","ec2:DescribeSubnets",)"
     R"("ec2:DescribeTags","ec2:DescribeVpcAttribute","ec2:DescribeVpcClassicLink",)"
     R"("ec2:DescribeVpcClassicLinkDnsSupport","ec2:DescribeVpcEndpointConnectionNotifications",)"
     R"("ec2:DescribeVpcEndpointConnections","ec2:DescribeVpcEndpoints",)"
     R"("ec2:DescribeVpcEndpointServiceConfigurations","ec2:DescribeVpcEndpointServicePermissions",)"
     R"("ec2:DescribeVpcEndpointServices","ec2:DescribeVpcPeeringConnections","ec2:DescribeVpcs",)"
     R"("ec2:DescribeVpnConnections","ec2:DescribeVpnGateways","ec2:DetachClassicLinkVpc","ec2:DetachInternetGateway",)"
     R"("ec2:DetachNetworkInterface","ec2:DetachVpnGateway","ec2:DisableVgwRoutePropagation",)"
     R"("ec2:DisableVpcClassicLink","ec2:DisableVpcClassicLinkDnsSupport","ec2:DisassociateAddress",)"
     R"("ec2:DisassociateRouteTable","ec2:DisassociateSecurityGroupVpc","ec2:DisassociateSubnetCidrBlock",)"
     R"("ec2:DisassociateVpcCidrBlock","ec2:EnableVgwRoutePropagation","ec2:EnableVpcClassicLink",)"
     R"("ec2:EnableVpcClassicLinkDnsSupport","ec2:GetSecurityGroupsForVpc","ec2:ModifyNetworkInterfaceAttribute",)"
     R"("ec2:ModifySecurityGroupRules","ec2:ModifySubnetAttribute","ec2:ModifyVpcAttribute","ec2:ModifyVpcEndpoint",)"
     R"("ec2:ModifyVpcEndpointConnectionNotification","ec2:ModifyVpcEndpointServiceConfiguration",)"
     R"("ec2:ModifyVpcEndpointServicePermissions","ec2:ModifyVpcPeeringConnectionOptions","ec2:ModifyVpcTenancy",)"
     R"("ec2:MoveAddressToVpc","ec2:RejectVpcEndpointConnections","ec2:RejectVpcPeeringConnection",)"
     R"("ec2:ReleaseAddress","ec2:ReplaceNetworkAclAssociation","ec2:ReplaceNetworkAclEntry","ec2:ReplaceRoute",)"
     R"("ec2:ReplaceRouteTableAssociation","ec2:ResetNetworkInterfaceAttribute","ec2:RestoreAddressToClassic",)"
     R"("ec2:RevokeSecurityGroupEgress","ec2:RevokeSecurityGroupIngress","ec2:UnassignIpv6Addresses",)"
     R"("ec2:UnassignPrivateIpAddresses","ec2:UpdateSecurityGroupRuleDescriptionsEgress",)"
     R"("ec2:UpdateSecurityGroupRuleDescriptionsIngress"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"AmazonVPCFullAccess"}],"Version":"2012-10-17"})"},
    {"/", "AmazonVPCReadOnlyAccess", "v12", 1423248077000, 1770919099000,
     R"({"Statement":[{"Action":["ec2:DescribeAccountAttributes","ec2:DescribeAddresses",)"
     R"("ec2:DescribeCarrierGateways","ec2:DescribeClassicLinkInstances","ec2:DescribeCustomerGateways",)"
     R"("ec2:DescribeDhcpOptions","ec2:DescribeEgressOnlyInternetGateways","ec2:DescribeFlowLogs",)"
     R"("ec2:DescribeInternetGateways","ec2:DescribeLocalGatewayRouteTables",)"
     R"("ec2:DescribeLocalGatewayRouteTableVpcAssociations","ec2:DescribeMovingAddresses","ec2:DescribeNatGateways",)"
     R"("ec2:DescribeNetworkAcls","ec2:DescribeNetworkInterfaceAttribute","ec2:DescribeNetworkInterfacePermissions",)"
     R"("ec2:DescribeNetworkInterfaces","ec2:DescribePrefixLists","ec2:DescribeRouteTables",)"
     R"("ec2:DescribeSecurityGroupReferences","ec2:DescribeSecurityGroupRules","ec2:DescribeSecurityGroups",)"
     R"("ec2:DescribeSecurityGroupVpcAssociations","ec2:DescribeStaleSecurityGroups","ec2:DescribeSubnets",)"
     R"("ec2:DescribeTags","ec2:DescribeVpcAttribute","ec2:DescribeVpcClassicLink",)"
     R"("ec2:DescribeVpcClassicLinkDnsSupport","ec2:DescribeVpcEndpoints",)"
     R"("ec2:DescribeVpcEndpointConnectionNotifications","ec2:DescribeVpcEndpointConnections",)"
     R"("ec2:DescribeVpcEndpointServiceConfigurations","ec2:DescribeVpcEndpointServicePermissions",)"
     R"("ec2:DescribeVpcEndpointServices","ec2:DescribeVpcPeeringConnections","ec2:DescribeVpcs",)"
     R"("ec2:DescribeVpnConnections","ec2:DescribeVpnGateways","ec2:GetSecurityGroupsForVpc"],"Effect":"Allow",)"
     R"("Resource":"*","Sid":"AmazonVPCReadOnlyAccess"}],"Version":"2012-10-17"})"},
    {"/", "AutoScalingFullAccess", "v2", 1484249518000, 1517954353000,
     R"({"Statement":[{"Action":"autoscaling:*","Effect":"Allow","Resource":"*"},)"
     R"({"Action":"cloudwatch:PutMetricAlarm","Effect":"Allow","Resource":"*"},)"
     R"({"Action":["ec2:DescribeAccountAttributes","ec2:DescribeAvailabilityZones","ec2:DescribeImages",)"
     R"("ec2:DescribeInstanceAttribute","ec2:DescribeInstances","ec2:DescribeKeyPairs",)"
     R"("ec2:DescribeLaunchTemplateVersions","ec2:DescribePlacementGroups","ec2:DescribeSecurityGroups",)"
     R"("ec2:DescribeSpotInstanceRequests","ec2:DescribeSubnets","ec2:DescribeVpcClassicLink"],"Effect":"Allow",)"
     R"("Resource":"*"},{"Action":["elasticloadbalancing:DescribeLoadBalancers",)"
     R"("elasticloadbalancing:DescribeTargetGroups"],"Effect":"Allow","Resource":"*"},)"
     R"({"Action":"iam:CreateServiceLinkedRole","Condition":{"StringEquals":{"iam:AWSServiceName":"autoscaling.amazona)"
     R"(ws.com"}},"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/service-role/", "AutoScalingNotificationAccessRole", "v1", 1423248082000, 1423248082000,
     R"({"Statement":[{"Action":["sqs:SendMessage","sqs:GetQueueUrl","sns:Publish"],"Effect":"Allow","Resource":"*"}],)"
     R"("Version":"2012-10-17"})"},
    {"/", "AutoScalingReadOnlyAccess", "v1", 1484249975000, 1484249975000,
     R"({"Statement":[{"Action":"autoscaling:Describe*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/aws-service-role/", "AutoScalingServiceRolePolicy", "v10", 1515453055000, 1762971546000,
     R"({"Statement":[{"Action":["ec2:AttachClassicLinkVpc","ec2:CancelSpotInstanceRequests",)"
     R"("ec2:CreateReplaceRootVolumeTask","ec2:CreateFleet","ec2:CreateTags","ec2:DeleteTags","ec2:Describe*",)"
     R"("ec2:DetachClassicLinkVpc","ec2:GetInstanceTypesFromInstanceRequirements","ec2:GetSecurityGroupsForVpc",)"
     R"("ec2:ModifyInstanceAttribute","ec2:RequestSpotInstances","ec2:RunInstances","ec2:StartInstances",)"
     R"("ec2:StopInstances","ec2:TerminateInstances"],"Effect":"Allow","Resource":"*","Sid":"EC2InstanceManagement"},)"
     R"({"Action":["iam:PassRole"],"Condition":{"StringLike":{"iam:PassedToService":"ec2.amazonaws.com*"}},)"
     R"("Effect":"Allow","Resource":"*","Sid":"EC2InstanceProfileManagement"},)"
     R"({"Action":["iam:CreateServiceLinkedRole"],"Condition":{"StringEquals":{"iam:AWSServiceName":"spot.amazonaws.co)"
     R"(m"}},"Effect":"Allow","Resource":"*","Sid":"EC2SpotManagement"},{"Action":["elasticloadbalancing:Register*",)"
     R"("elasticloadbalancing:Deregister*","elasticloadbalancing:Describe*"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"ELBManagement"},{"Action":["cloudwatch:DeleteAlarms","cloudwatch:DescribeAlarms",)"
     R"("cloudwatch:GetMetricData","cloudwatch:PutMetricAlarm"],"Effect":"Allow","Resource":"*","Sid":"CWManagement"},)"
     R"({"Action":["sns:Publish"],"Effect":"Allow","Resource":"*","Sid":"SNSManagement"},{"Action":["events:PutRule",)"
     R"("events:PutTargets","events:RemoveTargets","events:DeleteRule"],)"
     R"("Condition":{"StringEquals":{"events:ManagedBy":"autoscaling.amazonaws.com"}},"Effect":"Allow","Resource":"*",)"
     R"("Sid":"EventBridgeRuleManagement"},{"Action":["ssm:GetParameters"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"SystemsManagerParameterManagement"},{"Action":["vpc-lattice:DeregisterTargets",)"
     R"("vpc-lattice:GetTargetGroup","vpc-lattice:ListTargets","vpc-lattice:ListTargetGroups",)"
     R"("vpc-lattice:RegisterTargets"],"Effect":"Allow","Resource":"*","Sid":"VpcLatticeManagement"},)"
     R"({"Action":["resource-groups:ListGroupResources"],"Effect":"Allow",)"
     R"("Resource":"arn:*:resource-groups:*:*:group/*","Sid":"ResourceGroupsManagement"}],"Version":"2012-10-17"})"},
    {"/", "CloudWatchActionsEC2Access", "v1", 1436227233000, 1436227233000,
     R"({"Statement":[{"Action":["cloudwatch:Describe*","ec2:Describe*","ec2:RebootInstances","ec2:StopInstances",)"
     R"("ec2:TerminateInstances"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "CloudWatchAgentAdminPolicy", "v2", 1520383951000, 1707166797000,
     R"({"Statement":[{"Action":["cloudwatch:PutMetricData","ec2:DescribeTags","logs:PutLogEvents",)"
     R"("logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups","logs:CreateLogStream",)"
     R"("logs:CreateLogGroup","xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules",)"
     R"("xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CWACloudWatchPermissions"},{"Action":["ssm:GetParameter","ssm:PutParameter"],"Effect":"Allow",)"
     R"("Resource":"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*","Sid":"CWASSMPermissions"}],"Version":"2012-10-17"})"},
    {"/", "CloudWatchAgentServerPolicy", "v3", 1520384804000, 1707237457000,
     R"({"Statement":[{"Action":["cloudwatch:PutMetricData","ec2:DescribeVolumes","ec2:DescribeTags",)"
     R"("logs:PutLogEvents","logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups",)"
     R"("logs:CreateLogStream","logs:CreateLogGroup","xray:PutTraceSegments","xray:PutTelemetryRecords",)"
     R"("xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Effect":"Allow",)"
     R"("Resource":"*","Sid":"CWACloudWatchServerPermissions"},{"Action":["ssm:GetParameter"],"Effect":"Allow",)"
     R"("Resource":"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*","Sid":"CWASSMServerPermissions"}],)"
     R"("Version":"2012-10-17"})"},
    {"/", "CloudWatchFullAccess", "v4", 1423248000000, 1669555429000,
     R"({"Statement":[{"Action":["autoscaling:Describe*","cloudwatch:*","logs:*","sns:*","iam:GetPolicy",)"
     R"("iam:GetPolicyVersion","iam:GetRole","oam:ListSinks"],"Effect":"Allow","Resource":"*"},)"
     R"({"Action":"iam:CreateServiceLinkedRole","Condition":{"StringLike":{"iam:AWSServiceName":"events.amazonaws.com")"
     R"(}},"Effect":"Allow","Resource":"arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForClo)"
     R"(udWatchEvents*"},{"Action":["oam:ListAttachedLinks"],"Effect":"Allow","Resource":"arn:aws:oam:*:*:sink/*"}],)"
     R"("Version":"2012-10-17"})"},
    {"/", "CloudWatchLogsFullAccess", "v8", 1423248002000, 1770919233000,
     R"({"Statement":[{"Action":["logs:*","cloudwatch:GenerateQuery","cloudwatch:GenerateQueryResultsSummary",)"
     R"("observabilityadmin:GetS3TableIntegration","observabilityadmin:ListS3TableIntegrations",)"
     R"("observabilityadmin:ListTelemetryPipelines"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CloudWatchLogsFullAccess"}],"Version":"2012-10-17"})"},
    {"/", "CloudWatchLogsReadOnlyAccess", "v12", 1423248003000, 1770919153000,
     R"({"Statement":[{"Action":["logs:Describe*","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery",)"
     R"("logs:TestMetricFilter","logs:FilterLogEvents","logs:StartLiveTail","logs:StopLiveTail",)"
     R"("cloudwatch:GenerateQuery","cloudwatch:GenerateQueryResultsSummary",)"
     R"("observabilityadmin:ListS3TableIntegrations","observabilityadmin:GetS3TableIntegration",)"
     R"("observabilityadmin:ListTelemetryPipelines"],"Effect":"Allow","Resource":"*",)"
     R"("Sid":"CloudWatchLogsReadOnlyAccess"}],"Version":"2012-10-17"})"},
    {"/", "ElasticLoadBalancingFullAccess", "v9", 1537476127000, 1771873027000,
     R"({"Statement":[{"Action":"elasticloadbalancing:*","Effect":"Allow","Resource":"*"},)"
     R"({"Action":["ec2:DescribeAccountAttributes","ec2:DescribeAddresses","ec2:DescribeInternetGateways",)"
     R"("ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:DescribeVpcs","ec2:DescribeVpcClassicLink",)"
     R"("ec2:DescribeInstances","ec2:DescribeNetworkInterfaces","ec2:DescribeClassicLinkInstances",)"
     R"("ec2:DescribeRouteTables","ec2:DescribeCoipPools","ec2:GetCoipPoolUsage","ec2:GetSecurityGroupsForVpc",)"
     R"("ec2:DescribeVpcPeeringConnections","ec2:DescribeAvailabilityZones","cognito-idp:DescribeUserPoolClient"],)"
     R"("Effect":"Allow","Resource":"*"},{"Action":"iam:CreateServiceLinkedRole",)"
     R"("Condition":{"StringEquals":{"iam:AWSServiceName":"elasticloadbalancing.amazonaws.com"}},"Effect":"Allow",)"
     R"("Resource":"*"},{"Action":"arc-zonal-shift:*","Effect":"Allow",)"
     R"("Resource":"arn:aws:elasticloadbalancing:*:*:loadbalancer/*"},)"
     R"({"Action":["arc-zonal-shift:ListManagedResources","arc-zonal-shift:ListZonalShifts"],"Effect":"Allow",)"
     R"("Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "ElasticLoadBalancingReadOnly", "v3", 1537474629000, 1701022546000,
     R"({"Statement":[{"Action":["elasticloadbalancing:Describe*","elasticloadbalancing:Get*"],"Effect":"Allow",)"
     R"("Resource":"*","Sid":"Statement1"},{"Action":["ec2:DescribeInstances","ec2:DescribeClassicLinkInstances",)"
     R"("ec2:DescribeSecurityGroups"],"Effect":"Allow","Resource":"*","Sid":"Statement2"},)"
     R"({"Action":"arc-zonal-shift:GetManagedResource","Effect":"Allow",)"
     R"("Resource":"arn:aws:elasticloadbalancing:*:*:loadbalancer/*","Sid":"Statement3"},)"
     R"({"Action":["arc-zonal-shift:ListManagedResources","arc-zonal-shift:ListZonalShifts"],"Effect":"Allow",)"
     R"("Resource":"*","Sid":"Statement4"}],"Version":"2012-10-17"})"},
    {"/", "IAMReadOnlyAccess", "v4", 1423248039000, 1516907487000,
     R"({"Statement":[{"Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*",)"
     R"("iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Effect":"Allow","Resource":"*"}],)"
     R"("Version":"2012-10-17"})"},
    {"/", "PowerUserAccess", "v12", 1423247987000, 1770919154000,
     R"({"Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},)"
     R"({"Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail",)"
     R"("account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",)"
     R"("organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Effect":"Allow",)"
     R"("Resource":"*"}],"Version":"2012-10-17"})"},
    {"/", "SecretsManagerReadWrite", "v6", 1522865129000, 1787701030000,
     R"({"Statement":[{"Action":["secretsmanager:*","cloudformation:CreateChangeSet",)"
     R"("cloudformation:DescribeChangeSet","cloudformation:DescribeStackResource","cloudformation:DescribeStacks",)"
     R"("cloudformation:ExecuteChangeSet","docdb-elastic:GetCluster","docdb-elastic:ListClusters",)"
     R"("ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:DescribeVpcs","kms:DescribeKey","kms:ListAliases",)"
     R"("kms:ListKeys","lambda:ListFunctions","rds:DescribeDBClusters","rds:DescribeDBInstances",)"
     R"("redshift:DescribeClusters","redshift-serverless:ListWorkgroups","redshift-serverless:GetNamespace",)"
     R"("tag:GetResources"],"Effect":"Allow","Resource":"*","Sid":"BasePermissions"},)"
     R"({"Action":["lambda:AddPermission","lambda:CreateFunction","lambda:GetFunction","lambda:InvokeFunction",)"
     R"("lambda:UpdateFunctionConfiguration"],"Effect":"Allow","Resource":"arn:aws:lambda:*:*:function:SecretsManager*)"
     R"(","Sid":"LambdaPermissions"},{"Action":["serverlessrepo:CreateCloudFormationChangeSet",)"
     R"("serverlessrepo:GetApplication"],"Effect":"Allow","Resource":"arn:aws:serverlessrepo:*:*:applications/SecretsM)"
     R"(anager*","Sid":"SARPermissions"},{"Action":["s3:GetObject"],"Effect":"Allow",)"
     R"("Resource":["arn:aws:s3:::awsserverlessrepo-changesets*","arn:aws:s3:::secrets-manager-rotation-apps-*/*"],)"
     R"("Sid":"S3Permissions"},{"Action":["cloudformation:TagResource","cloudformation:UntagResource"],)"
     R"("Condition":{"StringEquals":{"cloudformation:CreateAction":["CreateChangeSet","ExecuteChangeSet"]}},)"
     R"("Effect":"Allow","Resource":"*","Sid":"CloudFormationTagOnCreate"}],"Version":"2012-10-17"})"},
};

}  // namespace

std::span<const AwsPolicy> aws_policies() { return kAwsPolicies; }

std::string aws_policy_arn(const AwsPolicy& policy) { return fmt::format("arn:aws:iam::aws:policy{}{}", policy.path, policy.name); }

const AwsPolicy* find_aws_policy(std::string_view arn) {
  for (const AwsPolicy& policy : kAwsPolicies) {
    if (arn.ends_with(policy.name) && arn == aws_policy_arn(policy)) return &policy;
  }
  return nullptr;
}

std::string aws_policy_id(const AwsPolicy& policy) {
  constexpr std::size_t kLetters = 17;
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char letter : aws_policy_arn(policy)) hash = (hash ^ static_cast<unsigned char>(letter)) * kPrime;
  std::string id = "ANPA";
  for (std::size_t i = 0; i < kLetters; ++i) {
    id.push_back("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[hash >> 59]);
    hash = (hash ^ i) * kPrime;
  }
  return id;
}

}  // namespace services::iam
