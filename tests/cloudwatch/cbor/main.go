// A client of CloudWatch as Go programs have it: aws-sdk-go-v2 speaks RPC v2 CBOR and nothing else. Run by cbor_test.py with
// the engine's address; puts, reads back and describes an alarm, prints what it read as JSON, exits 1 with what went wrong.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

type report struct {
	Values    []float64         `json:"values"`
	Doubled   []float64         `json:"doubled"`
	P99       float64           `json:"p99"`
	Metrics   []string          `json:"metrics"`
	Alarm     string            `json:"alarm"`
	State     string            `json:"state"`
	Threshold float64           `json:"threshold"`
	Updated   time.Time         `json:"updated"`
	Dimension map[string]string `json:"dimension"`
	Missing   string            `json:"missing"`
	Dashboard string            `json:"dashboard"`
}

const space, metric = "Go", "Depth"

func run(ctx context.Context, endpoint string) (report, error) {
	var out report
	client := cloudwatch.New(cloudwatch.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	dimensions := []types.Dimension{{Name: aws.String("Queue"), Value: aws.String("mañana")}}
	minute := time.Now().UTC().Truncate(time.Minute).Add(-5 * time.Minute)
	if _, err := client.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
		Namespace: aws.String(space),
		MetricData: []types.MetricDatum{
			{MetricName: aws.String(metric), Dimensions: dimensions, Timestamp: aws.Time(minute), Unit: types.StandardUnitCount,
				Values: []float64{1, 2.5, 100}, Counts: []float64{50, 49, 1}},
			{MetricName: aws.String(metric), Dimensions: dimensions, Timestamp: aws.Time(minute.Add(time.Minute)), Value: aws.Float64(7)},
		},
	}); err != nil {
		return out, fmt.Errorf("PutMetricData: %w", err)
	}

	stat := &types.MetricStat{
		Metric: &types.Metric{Namespace: aws.String(space), MetricName: aws.String(metric), Dimensions: dimensions},
		Period: aws.Int32(60), Stat: aws.String("Sum")}
	queries := []types.MetricDataQuery{
		{Id: aws.String("m1"), MetricStat: stat},
		{Id: aws.String("e1"), Expression: aws.String("m1 * 2")}}
	data, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(minute), EndTime: aws.Time(minute.Add(2 * time.Minute)), MetricDataQueries: queries,
		ScanBy: types.ScanByTimestampAscending})
	if err != nil {
		return out, fmt.Errorf("GetMetricData: %w", err)
	}
	out.Values, out.Doubled = data.MetricDataResults[0].Values, data.MetricDataResults[1].Values
	if !data.MetricDataResults[0].Timestamps[0].Equal(minute) {
		return out, fmt.Errorf("GetMetricData: the first datapoint is of %v instead of %v", data.MetricDataResults[0].Timestamps[0], minute)
	}

	statistics, err := client.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String(space), MetricName: aws.String(metric), Dimensions: dimensions, Period: aws.Int32(60),
		StartTime: aws.Time(minute), EndTime: aws.Time(minute.Add(time.Minute)), ExtendedStatistics: []string{"p99"}})
	if err != nil {
		return out, fmt.Errorf("GetMetricStatistics: %w", err)
	}
	out.P99 = statistics.Datapoints[0].ExtendedStatistics["p99"]

	listed, err := client.ListMetrics(ctx, &cloudwatch.ListMetricsInput{Namespace: aws.String(space)})
	if err != nil {
		return out, fmt.Errorf("ListMetrics: %w", err)
	}
	for _, one := range listed.Metrics {
		out.Metrics = append(out.Metrics, *one.MetricName)
	}

	if _, err := client.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("go"), Namespace: aws.String(space), MetricName: aws.String(metric), Dimensions: dimensions,
		Statistic: types.StatisticAverage, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(3), Threshold: aws.Float64(12.5),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold}); err != nil {
		return out, fmt.Errorf("PutMetricAlarm: %w", err)
	}
	alarms, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"go"}})
	if err != nil {
		return out, fmt.Errorf("DescribeAlarms: %w", err)
	}
	alarm := alarms.MetricAlarms[0]
	out.Alarm, out.State, out.Threshold = *alarm.AlarmArn, string(alarm.StateValue), *alarm.Threshold
	out.Updated = *alarm.AlarmConfigurationUpdatedTimestamp
	out.Dimension = map[string]string{*alarm.Dimensions[0].Name: *alarm.Dimensions[0].Value}

	if _, err := client.PutDashboard(ctx, &cloudwatch.PutDashboardInput{
		DashboardName: aws.String("go"), DashboardBody: aws.String(`{"widgets":[]}`)}); err != nil {
		return out, fmt.Errorf("PutDashboard: %w", err)
	}
	dashboard, err := client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String("go")})
	if err != nil {
		return out, fmt.Errorf("GetDashboard: %w", err)
	}
	out.Dashboard = *dashboard.DashboardBody

	_, err = client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String("nobody")})
	var missing *types.DashboardNotFoundError
	if !errors.As(err, &missing) {
		return out, fmt.Errorf("GetDashboard of one that is not there: %w", err)
	}
	out.Missing = missing.ErrorMessage()
	return out, nil
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := run(ctx, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		os.Exit(1)
	}
}
